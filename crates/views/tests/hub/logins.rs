//! Log-ins: who is asked, who may see what, and what a cut does.

use garraway_types::*;
use garraway_views::{Answer, Cause, Request, Whom};
use serde_json::Value;

use super::peer::{Client, Got};
use super::venue::Venue;

fn code_of(client: &mut Client, message: &str) -> Value {
    client.send(message);
    let answer = client.message();
    assert_eq!(answer["type"], "error", "{answer}");
    answer["code"].clone()
}

#[test]
fn private_channels_are_for_allowed_accounts_alone() {
    let venue = Venue::start(|_| {});
    let mut stranger = Client::connect(venue.address());
    let orders = |account: &str| format!(r#"{{"op":"subscribe","channel":"orders"{account}}}"#);
    assert_eq!(code_of(&mut stranger, &orders("")), "Unauthorized");
    assert_eq!(code_of(&mut stranger, &orders(r#","account":16"#)), "Unauthorized");
    assert_eq!(code_of(&mut stranger, r#"{"op":"cancel_after","timeout_ms":1}"#), "Unauthorized");
    assert_eq!(code_of(&mut stranger, r#"{"op":"cancel_on_disconnect","enabled":true}"#), "Unauthorized");
    let mut owner = venue.client(&[16, 17], "s");
    assert_eq!(code_of(&mut owner, &orders(r#","account":18"#)), "Forbidden");
    assert_eq!(code_of(&mut owner, &orders("")), "AccountMissing");
    assert_eq!(owner.subscribe(r#""channel":"orders","account":17"#)["account"], 17);
    assert_eq!(code_of(&mut owner, &orders(r#","account":17"#)), "SubscribedAlready");
}

#[test]
fn an_account_hears_of_its_orders_fills_money_and_positions() {
    let mut venue = Venue::start(|_| {});
    let mut client = venue.client(&[19], "s");
    assert_eq!(client.subscribe(r#""channel":"orders""#)["orders"], Value::from(Vec::<Value>::new()));
    assert_eq!(client.subscribe(r#""channel":"fills""#)["fills"], Value::from(Vec::<Value>::new()));
    let balances = client.subscribe(r#""channel":"balances""#);
    assert_eq!(balances["balances"][0]["asset"], "USD");
    client.subscribe(r#""channel":"positions""#);
    venue.place(16, Side::Sell, 50_000, 100, &[]);
    let client_ref = venue.place(19, Side::Buy, 50_000, 2, &[]);
    let mut got = std::collections::BTreeMap::new();
    while got.len() < 4 {
        let message = client.message();
        assert_eq!((&message["type"], &message["account"]), (&Value::from("update"), &Value::from(19)));
        got.insert(message["channel"].as_str().unwrap().to_owned(), message);
    }
    let events: Vec<_> =
        got["orders"]["orders"].as_array().unwrap().iter().map(|order| order["event"].clone()).collect();
    assert_eq!(events, ["accepted", "filled"]);
    let last = &got["orders"]["orders"][1];
    assert_eq!(
        (&last["state"], &last["client_order_id"]),
        (&Value::from("filled"), &format!("text-{client_ref}").into())
    );
    let fill = &got["fills"]["fills"][0];
    assert_eq!(
        (&fill["liquidity"], &fill["price"], &fill["value"]),
        (&"taker".into(), &"50000".into(), &"1000".into())
    );
    let position = &got["positions"]["positions"][0];
    assert_eq!((&position["quantity"], &position["cost"]), (&"0.02".into(), &"1000".into()));
    let assets: Vec<_> =
        got["balances"]["balances"].as_array().unwrap().iter().map(|one| one["asset"].clone()).collect();
    assert_eq!(assets, ["USD", "BTC"]);
}

#[test]
fn a_refused_token_is_an_error_and_may_be_tried_again() {
    let venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    client.send(r#"{"op":"auth","req_id":5,"token":"good"}"#);
    let connection = venue.asked();
    assert_eq!(code_of(&mut client, r#"{"op":"auth","token":"good"}"#), "AuthPending");
    venue.views.shared().answer(Answer::Refuse { connection, reason: "the token is unknown".to_owned() });
    let answer = client.message();
    assert_eq!((&answer["code"], &answer["req_id"]), (&Value::from("Unauthorized"), &Value::from(5)));
    client.send(r#"{"op":"auth","req_id":6,"token":"good"}"#);
    venue.asked();
}

#[test]
fn a_cut_closes_the_connections_that_are_meant_with_4001() {
    let venue = Venue::start(|_| {});
    let mut first = venue.client(&[16], "one");
    let mut second = venue.client(&[16], "two");
    let whom = Whom::LoginSession("one".to_owned());
    venue.views.shared().answer(Answer::Cut { whom, reason: "revoked".to_owned() });
    assert_eq!(first.end(), Got::Close(4001, "revoked".to_owned()));
    assert!(matches!(venue.request(), Request::Closed { login_session, .. } if login_session == "one"));
    second.send(r#"{"op":"ping","req_id":1}"#);
    assert_eq!(second.message()["type"], "pong");
    venue.views.shared().answer(Answer::Cut { whom: Whom::User(9), reason: "suspended".to_owned() });
    assert_eq!(second.end(), Got::Close(4001, "suspended".to_owned()));
    assert_eq!(venue.figure("cut_login"), 2);
}

#[test]
fn a_log_in_that_expires_closes_the_connection() {
    let venue = Venue::start(|_| {});
    let mut client = Client::connect(venue.address());
    client.send(r#"{"op":"auth","token":"good"}"#);
    let (accounts, login_session) = (vec![16], "s".to_owned());
    let connection = venue.asked();
    venue.views.shared().answer(Answer::Allow {
        connection,
        accounts,
        may_cancel: true,
        login_session,
        user: 1,
        expires_at_ns: 1,
    });
    assert_eq!(client.end(), Got::Close(4001, "the log-in expired".to_owned()));
}

#[test]
fn a_log_in_that_may_not_cancel_neither_arms_nor_disarms_what_would() {
    let venue = Venue::start(|_| {});
    let mut client = venue.client_of(&[16], "s", false);
    for message in [
        r#"{"op":"cancel_after","timeout_ms":1}"#,
        r#"{"op":"cancel_after","timeout_ms":0}"#,
        r#"{"op":"cancel_on_disconnect","enabled":true}"#,
        r#"{"op":"cancel_on_disconnect","enabled":false,"account":16}"#,
    ] {
        assert_eq!(code_of(&mut client, message), "Forbidden");
    }
}

#[test]
fn orders_are_cancelled_when_the_connection_ends_if_it_asked_for_that() {
    let venue = Venue::start(|_| {});
    let mut client = venue.client(&[16, 17], "s");
    client.send(r#"{"op":"cancel_on_disconnect","req_id":3,"enabled":true,"account":17}"#);
    assert_eq!(client.message()["accounts"], Value::from(vec![17]));
    drop(client);
    let mut requests = Vec::new();
    while requests.len() < 2 {
        requests.extend(super::venue::wait(|| {
            Some(venue.views.shared().take_requests()).filter(|found| !found.is_empty())
        }));
    }
    assert!(
        matches!(&requests[0], Request::Cancel { accounts, cause: Cause::Disconnect, .. } if *accounts == [17]),
        "{requests:?}"
    );
    assert!(matches!(requests[1], Request::Closed { .. }), "{requests:?}");
}

#[test]
fn orders_are_cancelled_when_the_time_runs_out_though_the_client_is_gone() {
    let venue = Venue::start(|_| {});
    let mut client = venue.client(&[16], "s");
    client.send(r#"{"op":"cancel_after","timeout_ms":86400000}"#);
    client.message();
    client.send(r#"{"op":"cancel_after","timeout_ms":0}"#);
    client.message();
    client.send(r#"{"op":"cancel_after","timeout_ms":300}"#);
    client.message();
    drop(client);
    assert!(matches!(venue.request(), Request::Closed { .. }));
    assert!(
        matches!(venue.request(), Request::Cancel { accounts, cause: Cause::Timeout, .. } if accounts == [16])
    );
}
