//! Every ITCH 5.0 message against bytes written from the specification, both ways; and the frames of files.

use garraway_wire::itch::{
    AddOrder, AddOrderAttributed, AuctionCollar, Authenticity, BreachedLevel, BreakerLevels, BreakerStatus,
    BrokenTrade, CrossTrade, CrossType, DecodeError, FieldKind, Frame, HaltAction, Imbalance,
    ImbalanceDirection, Interest, IpoQualifier, IpoQuotation, Letter, ListingPrice, MAX_FRAME,
    MarketCategory, MarketMakerMode, Message, Mpid, OperationalHalt, OrderCancel, OrderDelete, OrderExecuted,
    OrderExecutedWithPrice, OrderReplace, ParticipantPosition, ParticipantState, Price4, Price8, Reason,
    RegSho, RegShoAction, RetailInterest, Side, Stock, StockDirectory, SubType, SystemEvent, SystemEventCode,
    Timestamp, Trade, TradingAction, TradingState, YesNo, next_frame, write_frame,
};

use crate::golden;

const FILE: &str = include_str!("../../golden/itch50.hex");

fn morning() -> Timestamp {
    Timestamp::new(34_200_123_456_789).unwrap()
}

fn stock() -> Stock {
    Stock::new("AAPL").unwrap()
}

fn market() -> Vec<Message> {
    vec![
        SystemEvent {
            stock_locate: 0,
            tracking_number: 7,
            timestamp: morning(),
            event: SystemEventCode::START_OF_MARKET_HOURS,
        }
        .into(),
        StockDirectory {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            market_category: MarketCategory::NASDAQ_GLOBAL_SELECT,
            financial_status: Letter::new("N").unwrap(),
            round_lot_size: 100,
            round_lots_only: YesNo::NO,
            issue_classification: Letter::new("C").unwrap(),
            issue_sub_type: SubType::new("Z").unwrap(),
            authenticity: Authenticity::LIVE,
            short_sale_threshold: YesNo::NO,
            ipo: YesNo::UNKNOWN,
            luld_tier: Letter::new("1").unwrap(),
            etp: YesNo::NO,
            etp_leverage: 3,
            inverse: YesNo::YES,
        }
        .into(),
        TradingAction {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            state: TradingState::HALTED,
            reserved: Letter::new("").unwrap(),
            reason: Reason::new("T1").unwrap(),
        }
        .into(),
        RegSho {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            action: RegShoAction::STARTED_TODAY,
        }
        .into(),
        ParticipantPosition {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            participant: Mpid::new("GARW").unwrap(),
            stock: stock(),
            primary: YesNo::YES,
            mode: MarketMakerMode::NORMAL,
            state: ParticipantState::ACTIVE,
        }
        .into(),
        BreakerLevels {
            stock_locate: 0,
            tracking_number: 7,
            timestamp: morning(),
            level_1: Price8(252_000_000_001),
            level_2: Price8(236_000_000_002),
            level_3: Price8(217_000_000_003),
        }
        .into(),
        BreakerStatus {
            stock_locate: 0,
            tracking_number: 7,
            timestamp: morning(),
            breached_level: BreachedLevel::SECOND,
        }
        .into(),
        IpoQuotation {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            release_time_s: 36_900,
            qualifier: IpoQualifier::ANTICIPATED,
            price: Price4(220_000),
        }
        .into(),
        AuctionCollar {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            reference_price: Price4(1_632_400),
            upper_price: Price4(1_714_020),
            lower_price: Price4(1_550_780),
            extension: 2,
        }
        .into(),
        OperationalHalt {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            market: Letter::new("Q").unwrap(),
            action: HaltAction::HALTED,
        }
        .into(),
    ]
}

fn orders() -> Vec<Message> {
    vec![
        AddOrder {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 9_795_461,
            side: Side::BUY,
            shares: 300,
            stock: stock(),
            price: Price4(1_632_400),
        }
        .into(),
        AddOrderAttributed {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 9_795_461,
            side: Side::SELL,
            shares: 100,
            stock: stock(),
            price: Price4(1_894_700),
            attribution: Mpid::new("GARW").unwrap(),
        }
        .into(),
        OrderExecuted {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 9_795_461,
            shares: 73,
            match_number: 5_170_000_001,
        }
        .into(),
        OrderExecutedWithPrice {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 9_795_461,
            shares: 20,
            match_number: 5_170_000_001,
            printable: YesNo::NO,
            execution_price: Price4(1_632_200),
        }
        .into(),
        OrderCancel {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 9_795_461,
            canceled_shares: 1_900,
        }
        .into(),
        OrderDelete { stock_locate: 14, tracking_number: 7, timestamp: morning(), order: 9_795_461 }.into(),
        OrderReplace {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            original_order: 9_795_461,
            new_order: 10_064_825,
            shares: 149,
            price: Price4(1_632_300),
        }
        .into(),
    ]
}

fn trades() -> Vec<Message> {
    vec![
        Trade {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            order: 0,
            side: Side::BUY,
            shares: 40,
            stock: stock(),
            price: Price4(1_632_450),
            match_number: 5_170_000_001,
        }
        .into(),
        CrossTrade {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            shares: 6_000_000_000,
            stock: stock(),
            cross_price: Price4(1_632_500),
            match_number: 5_170_000_001,
            cross_type: CrossType::OPENING,
        }
        .into(),
        BrokenTrade {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            match_number: 5_170_000_001,
        }
        .into(),
        Imbalance {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            paired_shares: 812_345,
            imbalance_shares: 20_400,
            direction: ImbalanceDirection::SELL,
            stock: stock(),
            far_price: Price4(1_630_000),
            near_price: Price4(1_632_000),
            reference_price: Price4(1_632_400),
            cross_type: CrossType::CLOSING,
            price_variation: Letter::new("L").unwrap(),
        }
        .into(),
        RetailInterest {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            interest: Interest::BOTH,
        }
        .into(),
        ListingPrice {
            stock_locate: 14,
            tracking_number: 7,
            timestamp: morning(),
            stock: stock(),
            open_eligible: YesNo::YES,
            min_price: Price4(176_000),
            max_price: Price4(396_000),
            near_price: Price4(250_000),
            near_time_ns: 34_200_123_456_789,
            lower_collar: Price4(225_000),
            upper_collar: Price4(275_000),
        }
        .into(),
    ]
}

/// Type byte and length, from the specification, in the order of the tables.
const SIZES: [(u8, usize); 23] = [
    (b'S', 12),
    (b'R', 39),
    (b'H', 25),
    (b'Y', 20),
    (b'L', 26),
    (b'V', 35),
    (b'W', 12),
    (b'K', 28),
    (b'J', 35),
    (b'h', 21),
    (b'A', 36),
    (b'F', 40),
    (b'E', 31),
    (b'C', 36),
    (b'X', 23),
    (b'D', 19),
    (b'U', 35),
    (b'P', 44),
    (b'Q', 40),
    (b'B', 19),
    (b'I', 50),
    (b'N', 20),
    (b'O', 48),
];

#[test]
fn types_and_lengths_are_those_of_the_specification() {
    let declared: Vec<_> = Message::LAYOUTS.iter().map(|layout| (layout.type_byte, layout.len)).collect();
    assert_eq!(declared, SIZES);
}

#[test]
fn every_message_has_golden_bytes_in_the_order_of_the_tables() {
    let names: Vec<String> = golden::sections(FILE).into_iter().map(|(name, _)| name).collect();
    let declared: Vec<&str> = Message::LAYOUTS.iter().map(|layout| layout.name).collect();
    assert_eq!(names, declared);
}

#[test]
fn messages_decode_from_and_encode_to_their_golden_bytes() {
    let all: Vec<Message> = [market(), orders(), trades()].concat();
    assert_eq!(all.len(), Message::LAYOUTS.len());
    for message in all {
        let bytes = golden::bytes(FILE, message.layout().name);
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!((Message::decode(&bytes), &encoded), (Ok(message), &bytes), "{}", message.layout().name);
    }
}

#[test]
fn all_messages_begin_with_locate_tracking_and_time() {
    for layout in Message::LAYOUTS {
        let head = layout.fields[..3].iter().map(|field| (field.name, field.offset, field.len));
        let expected = [("stock_locate", 1, 2), ("tracking_number", 3, 2), ("timestamp", 5, 6)];
        assert!(head.eq(expected), "{}", layout.name);
    }
}

#[test]
fn fields_know_how_they_are_read() {
    let kinds: Vec<_> = AddOrder::FIELDS.iter().map(|field| field.kind).collect();
    let (number, text) = (FieldKind::Number, FieldKind::Text);
    assert_eq!(kinds, [number, number, number, number, text, number, text, number]);
}

#[test]
fn a_time_is_at_most_six_bytes() {
    assert_eq!(Timestamp::new(1 << 48), None);
    assert_eq!(Timestamp::new((1 << 48) - 1), Some(Timestamp::MAX));
    assert_eq!(morning().ns(), 34_200_123_456_789);
}

#[test]
fn a_wrong_length_names_message_expected_and_got() {
    let error = Message::decode(&golden::bytes(FILE, "OrderDelete")[..18]).unwrap_err();
    assert_eq!(error, DecodeError::Length { message: "OrderDelete", type_byte: b'D', expected: 19, got: 18 });
}

#[test]
fn frames_come_out_as_they_went_in() {
    let mut file = Vec::new();
    let messages: Vec<Vec<u8>> = golden::sections(FILE).into_iter().map(|(_, bytes)| bytes).collect();
    messages.iter().for_each(|message| write_frame(message, &mut file));
    let (mut rest, mut found) = (file.as_slice(), Vec::new());
    while let frame @ Frame::Message(message) = next_frame(rest) {
        found.push(message.to_vec());
        rest = &rest[frame.consumed()..];
    }
    assert_eq!((found, rest.len()), (messages, 0));
}

#[test]
fn frames_may_be_incomplete_or_end_the_session() {
    assert_eq!(next_frame(b""), Frame::Incomplete);
    assert_eq!(next_frame(b"\0"), Frame::Incomplete);
    assert_eq!(next_frame(b"\0\x02D"), Frame::Incomplete);
    assert_eq!(next_frame(b"\0\x01DE"), Frame::Message(b"D"));
    assert_eq!((next_frame(b"\0\0D"), Frame::End.consumed()), (Frame::End, 2));
    let longest = vec![b'x'; MAX_FRAME];
    let mut file = Vec::new();
    write_frame(&longest, &mut file);
    assert_eq!(next_frame(&file), Frame::Message(&longest));
}

#[test]
#[should_panic(expected = "an empty frame ends the session")]
fn an_empty_message_has_no_frame() {
    write_frame(b"", &mut Vec::new());
}
