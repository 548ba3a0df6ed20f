//! The declared layouts against two judges: a list of lengths, and definitions written for another client.

use std::collections::BTreeMap;
use std::path::PathBuf;

use garraway_wire::ouch::{FieldLayout, Inbound, MessageLayout, Outbound};

/// Name, type byte, length with the type byte: from the specification.
const INBOUND: [(&str, u8, usize); 4] = [
    ("EnterOrder", b'O', 49),
    ("ReplaceOrder", b'U', 47),
    ("CancelOrder", b'X', 19),
    ("ModifyOrder", b'M', 20),
];
const OUTBOUND: [(&str, u8, usize); 12] = [
    ("SystemEvent", b'S', 10),
    ("Accepted", b'A', 66),
    ("Replaced", b'U', 80),
    ("Canceled", b'C', 28),
    ("AiqCanceled", b'D', 37),
    ("Executed", b'E', 40),
    ("Broken", b'B', 32),
    ("Rejected", b'J', 24),
    ("CancelPending", b'P', 23),
    ("CancelReject", b'I', 23),
    ("PriorityUpdate", b'T', 36),
    ("Modified", b'M', 28),
];

/// What the other definitions call our fields; names not listed are the same.
const RENAMED: [(&str, &str); 17] = [
    ("timestamp", "timestamp_ns"),
    ("stock", "symbol"),
    ("tif", "time_in_force"),
    ("iso", "intermarket_sweep"),
    ("minqty", "min_quantity"),
    ("cross", "cross_type"),
    ("customer", "customer_type"),
    ("new_token", "replacement_token"),
    ("order_ref", "order_reference"),
    ("decrement", "decrement_shares"),
    ("prevented", "prevented_shares"),
    ("liquidity", "liquidity_flag"),
    ("match", "match_number"),
    // These two depend on the message.
    ("Executed.shares", "executed_shares"),
    ("Executed.price", "execution_price"),
    ("AiqCanceled.price", "execution_price"),
    ("Replaced.token", "replacement_token"),
];

fn shapes(layouts: &[MessageLayout]) -> Vec<(&'static str, u8, usize)> {
    layouts.iter().map(|layout| (layout.name, layout.type_byte, layout.len)).collect()
}

#[test]
fn types_and_lengths_are_those_of_the_specification() {
    assert_eq!(shapes(Inbound::LAYOUTS), INBOUND);
    assert_eq!(shapes(Outbound::LAYOUTS), OUTBOUND);
}

#[test]
fn fields_follow_each_other_without_gaps() {
    for layout in Inbound::LAYOUTS.iter().chain(Outbound::LAYOUTS) {
        let end = layout.fields.iter().fold(1, |offset, field| {
            assert_eq!(field.offset, offset, "{}.{}", layout.name, field.name);
            offset + field.len
        });
        assert_eq!(end, layout.len, "{}", layout.name);
    }
}

#[test]
fn layouts_equal_the_definitions_of_another_client() {
    let Some(path) = definitions_path() else {
        println!("not compared: no ../shared/conformance/ouch/ouch42_np.xml beside the workspace");
        return;
    };
    let theirs = messages(&std::fs::read_to_string(path).unwrap());
    let ours = |direction, layouts: &[MessageLayout]| {
        let key = |layout: &MessageLayout| (direction, layout.name.to_owned());
        layouts
            .iter()
            .map(|layout| (key(layout), (layout.type_byte, owned(layout.fields))))
            .collect::<Vec<_>>()
    };
    let mut all: BTreeMap<_, _> = ours("incoming", Inbound::LAYOUTS).into_iter().collect();
    all.extend(ours("outgoing", Outbound::LAYOUTS));
    let theirs: BTreeMap<_, _> = theirs
        .iter()
        .map(|((direction, name), shape)| ((direction.as_str(), name.clone()), shape.clone()))
        .collect();
    assert_eq!(all, theirs);
}

type Fields = Vec<(String, usize, usize)>;

fn owned(fields: &[FieldLayout]) -> Fields {
    fields.iter().map(|field| (field.name.to_owned(), field.offset, field.len)).collect()
}

fn definitions_path() -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Some(workspace.join("../shared/conformance/ouch/ouch42_np.xml")).filter(|path| path.exists())
}

/// The messages of the definitions: (direction, name) -> (type byte, fields). One element stands on each line.
fn messages(xml: &str) -> BTreeMap<(String, String), (u8, Fields)> {
    let mut messages = BTreeMap::new();
    let mut current = None;
    for line in xml.lines() {
        if line.contains("<message id=") {
            let name = attribute(line, "id").unwrap();
            let key = (attribute(line, "direction").unwrap(), name);
            let type_byte = attribute(line, "message-id").unwrap().parse().unwrap();
            messages.insert(key.clone(), (type_byte, Fields::new()));
            current = Some((key, 1));
        } else if line.contains("<field name=") {
            let (key, offset) = current.as_mut().unwrap();
            let len = field_len(line);
            let name = our_name(&key.1, &attribute(line, "name").unwrap());
            messages.get_mut(key).unwrap().1.push((name, *offset, len));
            *offset += len;
        }
    }
    messages
}

fn field_len(line: &str) -> usize {
    match attribute(line, "type").unwrap().as_str() {
        "char_iso-8859-1" => 1,
        "uint_4_be" => 4,
        "uint_8_be" => 8,
        "str_iso-8859-1_n" => attribute(line, "length").unwrap().parse().unwrap(),
        other => panic!("unknown field type {other}"),
    }
}

fn our_name(message: &str, field: &str) -> String {
    let qualified = format!("{message}.{field}");
    let renamed = RENAMED.iter().find(|(theirs, _)| *theirs == qualified);
    let renamed = renamed.or_else(|| RENAMED.iter().find(|(theirs, _)| *theirs == field));
    renamed.map_or(field, |(_, ours)| ours).to_owned()
}

/// The value of ` name="value"`.
fn attribute(line: &str, name: &str) -> Option<String> {
    let (_, behind) = line.split_once(&format!(" {name}=\""))?;
    behind.split_once('"').map(|(value, _)| value.to_owned())
}
