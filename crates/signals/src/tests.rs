//! What holds of every kind.

use crate::{Indicator, KINDS, Kind, Wrong};

/// A series that goes up and down, with bars, quotes and a second series that fit.
fn row(kind: &Kind, at: u32) -> Vec<f64> {
    let wave = |speed: f64| (f64::from(at) * speed).sin();
    let (middle, width) = (100.0 + 10.0 * wave(0.21) + 3.0 * wave(1.3), 1.0 + wave(0.9).abs());
    match kind.input.columns().len() {
        1 => vec![middle],
        2 => vec![middle, 50.0 + wave(0.4)],
        4 => vec![middle, middle + width, 5.0 + 3.0 * wave(0.5), 7.0 - 3.0 * wave(0.8)],
        _ => {
            vec![middle, middle + width, middle - width, middle + 0.9 * wave(2.0), 1000.0 + 100.0 * wave(0.7)]
        }
    }
}

fn defaults(kind: &Kind) -> Vec<f64> {
    kind.parameters.iter().map(|parameter| parameter.default).collect()
}

#[test]
fn names_are_unique_and_every_default_makes_one() {
    for (at, kind) in KINDS.iter().enumerate() {
        assert!(KINDS[..at].iter().all(|before| before.name != kind.name), "{} is there twice", kind.name);
        assert!(Indicator::new(kind.name, &defaults(kind)).is_ok(), "{}", kind.name);
    }
}

#[test]
fn every_kind_becomes_ready_stays_so_and_starts_again_alike() {
    for kind in KINDS {
        let mut indicator = Indicator::new(kind.name, &defaults(kind)).expect("defaults fit");
        let run = |indicator: &mut Indicator| -> Vec<Vec<u64>> {
            (0..500)
                .map(|at| {
                    indicator.update(&row(kind, at));
                    indicator.values().iter().map(|value| value.to_bits()).collect()
                })
                .collect()
        };
        let first = run(&mut indicator);
        assert!(indicator.is_ready(), "{} is not ready after 500 rows", kind.name);
        assert!(indicator.values().iter().all(|value| value.is_finite()), "{}", kind.name);
        indicator.reset();
        assert!(!indicator.is_ready());
        assert_eq!(run(&mut indicator), first, "{} does not forget", kind.name);
    }
}

#[test]
fn once_ready_no_kind_tells_nan_while_nothing_moves() {
    for kind in KINDS {
        let mut indicator = Indicator::new(kind.name, &defaults(kind)).expect("defaults fit");
        (0..200).for_each(|at| indicator.update(&row(kind, at)));
        let still = row(kind, 200);
        let flat = if still.len() == 5 { vec![100.0, 100.0, 100.0, 100.0, 10.0] } else { still };
        for _ in 0..200 {
            indicator.update(&flat);
            assert!(
                indicator.values().iter().all(|value| value.is_finite()),
                "{}: {:?}",
                kind.name,
                indicator.values()
            );
        }
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    for kind in KINDS {
        for (at, parameter) in kind.parameters.iter().enumerate() {
            for value in
                [parameter.least - 1.0, parameter.most + 1.0, f64::NAN, f64::INFINITY, -f64::INFINITY]
            {
                let mut given = defaults(kind);
                given[at] = value;
                let Err(Wrong::Parameter { name, .. }) = Indicator::new(kind.name, &given) else {
                    panic!("{} takes {} = {value}", kind.name, parameter.name)
                };
                assert_eq!(name, parameter.name);
            }
        }
    }
}

#[test]
fn half_a_period_too_few_numbers_and_unknown_names_are_refused() {
    assert!(matches!(
        Indicator::new("sma", &[2.5]),
        Err(Wrong::Parameter { name: "period", whole: true, .. })
    ));
    assert!(matches!(Indicator::new("sma", &[]), Err(Wrong::Count(0))));
    assert!(matches!(Indicator::new("smaa", &[1.0]), Err(Wrong::Name(_))));
    assert!(matches!(Indicator::new("macd", &[26.0, 26.0, 9.0]), Err(Wrong::Order { .. })));
}
