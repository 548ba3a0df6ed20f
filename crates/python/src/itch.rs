//! ITCH 5.0 for Python: the shapes of the messages, and blocks of a file as arrays.

use std::sync::LazyLock;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use garraway_wire::itch::{DecodeError, FieldKind, FieldLayout, Frame, Message, MessageLayout, next_frame};

use crate::arrays::{dtype, records};

/// A column of the array: its name, its format, its bytes, and the fields that fill it where a message has one.
type Column = (&'static str, &'static str, usize, &'static [&'static str]);

const COLUMNS: [Column; 11] = [
    ("offset", "<u8", 8, &[]),
    ("timestamp_ns", "<u8", 8, &["timestamp"]),
    ("order", "<u8", 8, &["order", "original_order"]),
    ("new_order", "<u8", 8, &["new_order"]),
    ("match_number", "<u8", 8, &["match_number"]),
    ("shares", "<u8", 8, &["shares", "canceled_shares"]),
    ("stock", "S8", 8, &["stock"]),
    ("price", "<u4", 4, &["price", "execution_price", "cross_price"]),
    ("stock_locate", "<u2", 2, &["stock_locate"]),
    ("kind", "u1", 1, &[]),
    ("code", "u1", 1, &["side", "event", "state", "printable", "cross_type"]),
];
const ROW: usize = 64;
/// Where the type byte goes: the last but one.
const KIND_AT: usize = ROW - 2;

/// Adds the shapes and the reader to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("ITCH", row_dtype(py)?)?;
    module.add("ITCH_MESSAGES", shapes(py)?)?;
    module.add_function(wrap_pyfunction!(itch_read, module)?)
}

fn row_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let columns: Vec<_> = placed_columns()
        .map(|(at, (name, format, _, _))| ((*name).to_owned(), (*format).to_owned(), at))
        .collect();
    dtype(py, &columns, ROW)
}

/// The columns with their first bytes in a row.
fn placed_columns() -> impl Iterator<Item = (usize, &'static Column)> {
    COLUMNS.iter().scan(0, |end, column| {
        let at = *end;
        *end += column.2;
        Some((at, column))
    })
}

/// How the fields of a message become a row.
struct Plan {
    layout: &'static MessageLayout,
    moves: Vec<(usize, FieldLayout)>,
}

impl Plan {
    fn new(layout: &'static MessageLayout) -> Self {
        let column =
            |field: &FieldLayout| placed_columns().find(|(_, column)| column.3.contains(&field.name));
        let moves = layout.fields.iter().filter_map(|field| Some((column(field)?.0, *field))).collect();
        Self { layout, moves }
    }

    /// Appends a message of the right length.
    fn append(&self, offset: u64, message: &[u8], rows: &mut Vec<u8>) {
        let start = rows.len();
        rows.resize(start + ROW, 0);
        let row = &mut rows[start..];
        row[..8].copy_from_slice(&offset.to_le_bytes());
        row[KIND_AT] = self.layout.type_byte;
        for (at, field) in &self.moves {
            let value = &message[field.offset..field.offset + field.len];
            let place = &mut row[*at..*at + field.len];
            place.copy_from_slice(value);
            if field.kind == FieldKind::Number {
                place.reverse();
            }
        }
    }
}

/// The plans by type byte.
static PLANS: LazyLock<[Option<Plan>; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let layout = Message::LAYOUTS.iter().find(|layout| usize::from(layout.type_byte) == byte);
        layout.map(Plan::new)
    })
});

fn shapes(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for MessageLayout { name, type_byte, len, fields } in Message::LAYOUTS {
        let row = PyDict::new(py);
        row.set_item("kind", char::from(*type_byte))?;
        row.set_item("size", len)?;
        let field =
            |field: &FieldLayout| (field.name, field.offset, field.len, field.kind == FieldKind::Text);
        row.set_item("fields", PyList::new(py, fields.iter().map(field))?)?;
        table.set_item(name, row)?;
    }
    Ok(table)
}

/// What a block of framed messages came to.
struct Block {
    rows: Vec<u8>,
    consumed: usize,
    ended: bool,
    damage: Option<String>,
}

type Read<'py> = (Bound<'py, PyAny>, usize, bool, Option<String>);

/// The whole messages at the start of a block: rows, bytes consumed, whether the session ended, what is wrong there.
#[pyfunction]
fn itch_read<'py>(py: Python<'py>, block: &Bound<'py, PyBytes>, offset: u64) -> PyResult<Read<'py>> {
    let bytes = block.as_bytes();
    let Block { rows, consumed, ended, damage } = py.detach(|| read_block(bytes, offset));
    Ok((records(py, &rows, &row_dtype(py)?)?, consumed, ended, damage))
}

fn read_block(bytes: &[u8], offset: u64) -> Block {
    let mut block =
        Block { rows: Vec::with_capacity(bytes.len() * 2), consumed: 0, ended: false, damage: None };
    while !block.ended {
        let frame = next_frame(&bytes[block.consumed..]);
        match frame {
            Frame::Incomplete => break,
            Frame::End => block.ended = true,
            Frame::Message(message) => {
                let at = offset + block.consumed as u64;
                if let Err(error) = append(message, at, &mut block.rows) {
                    block.damage = Some(error.to_string());
                    break;
                }
            }
        }
        block.consumed += frame.consumed();
    }
    block
}

fn append(message: &[u8], offset: u64, rows: &mut Vec<u8>) -> Result<(), DecodeError> {
    let plan = message.first().and_then(|byte| PLANS[usize::from(*byte)].as_ref());
    match plan.filter(|plan| plan.layout.len == message.len()) {
        Some(plan) => plan.append(offset, message, rows),
        None => {
            Message::decode(message)?;
        }
    }
    Ok(())
}
