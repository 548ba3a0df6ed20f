//! Every OUCH 4.2 message against bytes written by hand, both ways.

use garraway_wire::ouch::{
    Accepted, AiqCanceled, BboWeight, Broken, BrokenReason, CancelOrder, CancelPending, CancelReason,
    CancelReject, Canceled, Capacity, CrossType, CustomerType, DecodeError, Direction, Display, EnterOrder,
    Executed, Firm, Inbound, IntermarketSweep, Lifetime, LiquidityFlag, Modified, ModifyOrder, OrderState,
    Outbound, Price, PriorityUpdate, RejectReason, Rejected, ReplaceOrder, Replaced, Side, Symbol,
    SystemEvent, SystemEventCode, TimeInForce, Token,
};

use crate::golden;

const FILE: &str = include_str!("../../golden/ouch42.hex");
const MORNING_NS: u64 = 34_200_123_456_789;

fn first() -> Token {
    Token::new("ORDER0000001").unwrap()
}

fn second() -> Token {
    Token::new("ORDER0000002").unwrap()
}

fn enter_order() -> EnterOrder {
    EnterOrder {
        token: first(),
        side: Side::BUY,
        shares: 100,
        symbol: Symbol::new("AAPL").unwrap(),
        price: Price(1_852_500),
        time_in_force: TimeInForce::SYSTEM_HOURS,
        firm: Firm::new("GARW").unwrap(),
        display: Display::ANONYMOUS,
        capacity: Capacity::AGENCY,
        intermarket_sweep: IntermarketSweep::NOT_ELIGIBLE,
        min_quantity: 0,
        cross_type: CrossType::NO_CROSS,
        customer_type: CustomerType::PORT_DEFAULT,
    }
}

fn inbound() -> Vec<Inbound> {
    vec![
        enter_order().into(),
        ReplaceOrder {
            existing_token: first(),
            replacement_token: second(),
            shares: 150,
            price: Price(1_853_000),
            time_in_force: TimeInForce::IMMEDIATE_OR_CANCEL,
            display: Display::NON_DISPLAY,
            intermarket_sweep: IntermarketSweep::ELIGIBLE,
            min_quantity: 50,
        }
        .into(),
        CancelOrder { token: second(), shares: 40 }.into(),
        ModifyOrder { token: second(), side: Side::SELL_SHORT, shares: 60 }.into(),
    ]
}

fn accepted() -> Accepted {
    Accepted {
        timestamp_ns: MORNING_NS,
        token: first(),
        side: Side::BUY,
        shares: 100,
        symbol: Symbol::new("AAPL").unwrap(),
        price: Price(1_852_500),
        time_in_force: TimeInForce::SYSTEM_HOURS,
        firm: Firm::new("GARW").unwrap(),
        display: Display::ANONYMOUS,
        order_reference: 77 << 16 | 3,
        capacity: Capacity::AGENCY,
        intermarket_sweep: IntermarketSweep::NOT_ELIGIBLE,
        min_quantity: 0,
        cross_type: CrossType::NO_CROSS,
        state: OrderState::LIVE,
        bbo_weight: BboWeight::UNSPECIFIED,
    }
}

fn replaced() -> Replaced {
    Replaced {
        timestamp_ns: MORNING_NS,
        replacement_token: second(),
        side: Side::BUY,
        shares: 150,
        symbol: Symbol::new("AAPL").unwrap(),
        price: Price(1_853_000),
        time_in_force: TimeInForce::IMMEDIATE_OR_CANCEL,
        firm: Firm::new("GARW").unwrap(),
        display: Display::NON_DISPLAY,
        order_reference: 78 << 16 | 1,
        capacity: Capacity::PRINCIPAL,
        intermarket_sweep: IntermarketSweep::ELIGIBLE,
        min_quantity: 50,
        cross_type: CrossType::OPENING,
        state: OrderState::DEAD,
        previous_token: first(),
        bbo_weight: BboWeight::IMPROVES_BEST,
    }
}

fn aiq_canceled() -> AiqCanceled {
    AiqCanceled {
        timestamp_ns: MORNING_NS,
        token: second(),
        decrement_shares: 10,
        reason: CancelReason::SELF_MATCH_PREVENTION,
        prevented_shares: 12,
        execution_price: Price(1_853_000),
        liquidity_flag: LiquidityFlag::REMOVED,
    }
}

fn executed() -> Executed {
    Executed {
        timestamp_ns: MORNING_NS,
        token: first(),
        executed_shares: 30,
        execution_price: Price(1_852_500),
        liquidity_flag: LiquidityFlag::ADDED,
        match_number: 79 << 16 | 2,
    }
}

fn priority_update() -> PriorityUpdate {
    PriorityUpdate {
        timestamp_ns: MORNING_NS,
        token: first(),
        price: Price::MAX,
        display: Display::ANONYMOUS,
        order_reference: 80 << 16,
    }
}

fn outbound() -> Vec<Outbound> {
    let timestamp_ns = MORNING_NS;
    vec![
        SystemEvent { timestamp_ns, event: SystemEventCode::START_OF_DAY }.into(),
        accepted().into(),
        replaced().into(),
        Canceled {
            timestamp_ns,
            token: second(),
            decrement_shares: 110,
            reason: CancelReason::USER_REQUESTED,
        }
        .into(),
        aiq_canceled().into(),
        executed().into(),
        Broken {
            timestamp_ns,
            token: first(),
            match_number: 79 << 16 | 2,
            reason: BrokenReason::SUPERVISORY,
        }
        .into(),
        Rejected { timestamp_ns, token: second(), reason: RejectReason::INVALID_PRICE }.into(),
        CancelPending { timestamp_ns, token: first() }.into(),
        CancelReject { timestamp_ns, token: first() }.into(),
        priority_update().into(),
        Modified { timestamp_ns, token: second(), side: Side::SELL_SHORT, shares: 60 }.into(),
    ]
}

#[test]
fn every_message_has_golden_bytes_in_the_order_of_the_tables() {
    let names: Vec<String> = golden::sections(FILE).into_iter().map(|(name, _)| name).collect();
    let declared: Vec<&str> =
        Inbound::LAYOUTS.iter().chain(Outbound::LAYOUTS).map(|layout| layout.name).collect();
    assert_eq!(names, declared);
}

#[test]
fn inbound_messages_decode_from_and_encode_to_their_golden_bytes() {
    for message in inbound() {
        let bytes = golden::bytes(FILE, message.layout().name);
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!((Inbound::decode(&bytes), &encoded), (Ok(message), &bytes), "{}", message.layout().name);
    }
}

#[test]
fn outbound_messages_decode_from_and_encode_to_their_golden_bytes() {
    for message in outbound() {
        let bytes = golden::bytes(FILE, message.layout().name);
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!((Outbound::decode(&bytes), &encoded), (Ok(message), &bytes), "{}", message.layout().name);
    }
}

#[test]
fn a_wrong_length_names_message_expected_and_got() {
    let bytes = golden::bytes(FILE, "EnterOrder");
    let error = Inbound::decode(&bytes[..48]).unwrap_err();
    assert_eq!(error, DecodeError::Length { message: "EnterOrder", type_byte: b'O', expected: 49, got: 48 });
    assert_eq!(error.to_string(), "EnterOrder (type 0x4f) of 48 bytes, it must be 49");
}

#[test]
fn a_wrong_type_is_named() {
    let bytes = golden::bytes(FILE, "CancelOrder");
    let expected = DecodeError::WrongType { message: "EnterOrder", expected: b'O', got: b'X' };
    assert_eq!(EnterOrder::decode(&bytes), Err(expected));
    assert_eq!(Inbound::decode(b"Z"), Err(DecodeError::UnknownType { type_byte: b'Z' }));
    assert_eq!(Inbound::decode(b""), Err(DecodeError::Empty));
}

#[test]
fn unknown_codes_pass_through_unchanged() {
    let mut bytes = golden::bytes(FILE, "EnterOrder");
    bytes[15] = 0xEE;
    let order = EnterOrder::decode(&bytes).unwrap();
    assert_eq!((order.side, order.side.is_known(), order.side.direction()), (Side(0xEE), false, None));
    assert_eq!(order.to_bytes().as_slice(), bytes);
}

#[test]
fn all_ways_to_sell_are_sales() {
    let directions: Vec<_> = Side::KNOWN.iter().map(|side| side.direction().unwrap()).collect();
    assert_eq!(directions, [Direction::Buy, Direction::Sell, Direction::Sell, Direction::Sell]);
}

#[test]
fn time_in_force_has_seconds_between_its_special_values() {
    let lifetimes =
        [0, 1, 99_997, 99_998, 99_999, 100_000, u32::MAX].map(|value| TimeInForce(value).lifetime());
    let expected = [
        Some(Lifetime::ImmediateOrCancel),
        Some(Lifetime::Seconds(1)),
        Some(Lifetime::Seconds(99_997)),
        Some(Lifetime::MarketHours),
        Some(Lifetime::SystemHours),
        None,
        None,
    ];
    assert_eq!(lifetimes, expected);
}

#[test]
fn texts_are_padded_trimmed_and_refused_when_they_do_not_fit() {
    assert_eq!(Token::new("A1").unwrap().0, *b"A1            ");
    assert_eq!(Token::new("A1").unwrap().text(), Some("A1"));
    assert_eq!(Token::new("123456789012345"), None);
    assert_eq!(Symbol::new("ZÜRICH"), None);
    assert_eq!(Symbol([0; 8]).text(), None);
    assert_eq!(Firm::BLANK.text(), Some(""));
}

#[test]
fn codes_are_printed_by_name() {
    assert_eq!(format!("{:?} {:?}", RejectReason::HALTED, RejectReason(7)), "HALTED 0x07");
}

#[test]
fn no_two_codes_of_a_kind_share_a_byte() {
    fn distinct(mut bytes: Vec<u8>) -> bool {
        bytes.sort_unstable();
        bytes.windows(2).all(|pair| pair[0] != pair[1])
    }
    assert!(distinct(CancelReason::KNOWN.iter().map(|code| code.0).collect()));
    assert!(distinct(RejectReason::KNOWN.iter().map(|code| code.0).collect()));
    assert!(distinct(LiquidityFlag::KNOWN.iter().map(|code| code.0).collect()));
    assert!(distinct(Display::KNOWN.iter().map(|code| code.0).collect()));
}
