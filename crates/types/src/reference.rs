//! The reference pages, made from the tables of this crate.

use std::fmt::Write;

use crate::{
    CommandHead, CommandKind, CommandSpec, Event, EventKind, Field, Record, Reject,
    limits::{self, LimitSpec},
    rights,
};

/// One page of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// File name below `docs/reference`.
    pub file: &'static str,
    /// Markdown.
    pub text: String,
}

/// All pages of the reference: commands, events, rejects, limits.
pub fn reference_pages() -> Vec<Page> {
    vec![
        Page { file: "commands.md", text: commands() },
        Page { file: "events.md", text: events() },
        Page { file: "rejects.md", text: rejects() },
        Page { file: "limits.md", text: limits_page() },
    ]
}

const MADE: &str =
    "Made by `make docs` from the tables in `crates/types/src`; edit those, not this page.\n\n";

fn commands() -> String {
    let mut page = format!(
        "# Commands\n\n{MADE}A command is a head, a body by kind, counted items and a tail that the engine never reads, little-endian, filled up with zeros to a multiple of 8 bytes, at most {} in all.\n\n",
        limits::MAX_COMMAND
    );
    page += "| code | command | what it does | right | bytes |\n|---|---|---|---|---|\n";
    for spec in CommandKind::ALL {
        let items =
            if spec.item_size == 0 { String::new() } else { format!(" + {} each item", spec.item_size) };
        let size = CommandHead::SIZE + spec.body_size;
        row(
            &mut page,
            &[
                &(spec.kind as u8),
                &anchor(spec.name),
                &spec.doc,
                &right_name(spec.right),
                &format!("{size}{items}"),
            ],
        );
    }
    page += "\n## Head\n\n";
    fields(&mut page, CommandHead::FIELDS, 0);
    for spec in CommandKind::ALL {
        command(&mut page, spec);
    }
    page
}

fn command(page: &mut String, spec: &CommandSpec) {
    let _ = write!(page, "\n## {}\n\n{}\n\n", spec.name, spec.doc);
    if spec.uses.is_empty() {
        *page += "It uses nothing but the head.\n";
        return;
    }
    let in_head: Vec<&str> = spec
        .uses
        .iter()
        .copied()
        .filter(|name| CommandHead::FIELDS.iter().any(|field| field.name == *name))
        .collect();
    if !in_head.is_empty() {
        let _ = write!(page, "Of the head: `{}`.\n\n", in_head.join("`, `"));
    }
    let used: Vec<Field> = spec
        .fields
        .iter()
        .copied()
        .filter(|field| spec.uses.contains(&field.name) && !in_head.contains(&field.name))
        .collect();
    if !used.is_empty() {
        fields(page, &used, CommandHead::SIZE);
    }
    if spec.item_size > 0 {
        *page += "\nEach item:\n\n";
        fields(page, spec.item_fields, 0);
    }
}

fn events() -> String {
    let mut page = format!(
        "# Events\n\n{MADE}An event is {} bytes, little-endian; in the event log its tail follows, filled up with zeros to a multiple of 8 bytes. Fields that a kind does not use are zero.\n\n",
        Event::SIZE
    );
    page += "| code | event | what it says | audience |\n|---|---|---|---|\n";
    for spec in EventKind::ALL {
        row(
            &mut page,
            &[
                &(spec.kind as u8),
                &anchor(spec.name),
                &spec.doc,
                &format!("{:?}", spec.audience).to_lowercase(),
            ],
        );
    }
    page += "\n## Fields\n\n";
    fields(&mut page, Event::FIELDS, 0);
    for spec in EventKind::ALL {
        let _ = write!(page, "\n## {}\n\n{}\n", spec.name, spec.doc);
        if !spec.fields.is_empty() {
            page += "\n| field | meaning |\n|---|---|\n";
            for (name, meaning) in spec.fields {
                row(&mut page, &[&format!("`{name}`"), meaning]);
            }
        }
    }
    page
}

fn rejects() -> String {
    let mut page = format!(
        "# Rejects\n\n{MADE}Where several reasons hold, the one with the lowest code is given.\n\n| code | reason | what is wrong | what to do |\n|---|---|---|---|\n"
    );
    for spec in Reject::ALL {
        row(&mut page, &[&(spec.reason as u8), &format!("`{}`", spec.name), &spec.doc, &spec.remedy]);
    }
    page
}

fn limits_page() -> String {
    let mut page =
        format!("# Limits\n\n{MADE}| limit | value | what it bounds | at the limit |\n|---|---|---|---|\n");
    for LimitSpec { name, value, doc, policy } in limits::ALL {
        row(&mut page, &[&format!("`{name}`"), value, doc, policy]);
    }
    page
}

fn fields(page: &mut String, fields: &[Field], base: usize) {
    *page += "| offset | field | type | meaning |\n|---|---|---|---|\n";
    for field in fields {
        row(page, &[&(base + field.offset), &format!("`{}`", field.name), &type_name(field), &field.doc]);
    }
}

fn type_name(field: &Field) -> String {
    let letters = field.dtype.trim_start_matches('<');
    match letters.split_at(1) {
        ("u", bytes) => format!("u{}", bytes.parse().unwrap_or(0) * 8),
        ("i", bytes) => format!("i{}", bytes.parse().unwrap_or(0) * 8),
        _ => format!("{} bytes", field.size),
    }
}

fn right_name(right: u8) -> &'static str {
    match right {
        rights::TRADE => "trade",
        rights::MONEY => "money",
        rights::DEFINE => "define",
        rights::OPERATE => "operate",
        rights::QUOTE => "quote",
        _ => "source 0 only",
    }
}

fn anchor(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn row(page: &mut String, cells: &[&dyn std::fmt::Display]) {
    for cell in cells {
        let _ = write!(page, "| {cell} ");
    }
    *page += "|\n";
}
