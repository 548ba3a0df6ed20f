//! How a message is declared: one list of fields gives struct, length, decoder, encoder and table.
//!
//! `message!` declares a message, `family!` the messages of one direction, `codes!` a one-byte code, `text_field!` a
//! text of fixed length and `number_field!` a number with a meaning of its own. Integers are big-endian.

use crate::error::DecodeError;

/// Where a field lies in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLayout {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Its first byte, counted from the type byte at 0.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
    /// How its bytes are read.
    pub kind: FieldKind,
}

/// How the bytes of a field are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A big-endian number without a sign.
    Number,
    /// ASCII, padded with spaces; a code is a text of one byte.
    Text,
}

/// A message's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLayout {
    /// The struct's name.
    pub name: &'static str,
    /// The first byte.
    pub type_byte: u8,
    /// The length in bytes, type byte included.
    pub len: usize,
    /// The fields behind the type byte, in order and without gaps.
    pub fields: &'static [FieldLayout],
}

/// A value of fixed length on the wire.
pub(crate) trait Field: Sized {
    const LEN: usize;
    const KIND: FieldKind;
    /// Reads from exactly `LEN` bytes.
    fn read(bytes: &[u8]) -> Self;
    /// Writes to exactly `LEN` bytes.
    fn write(self, bytes: &mut [u8]);
}

macro_rules! integer_fields {
    ($($integer:ty),+) => {$(
        impl Field for $integer {
            const LEN: usize = size_of::<$integer>();
            const KIND: FieldKind = FieldKind::Number;

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let mut value = [0; size_of::<$integer>()];
                value.copy_from_slice(bytes);
                Self::from_be_bytes(value)
            }

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_be_bytes());
            }
        }
    )+};
}

integer_fields!(u16, u32, u64);

/// Reads a message's fields one after the other.
pub(crate) struct FieldReader<'a> {
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    /// Checks type and length, and stands behind the type byte.
    #[inline]
    pub(crate) fn open(bytes: &'a [u8], layout: &MessageLayout) -> Result<Self, DecodeError> {
        let (got, rest) = bytes.split_first().ok_or(DecodeError::Empty)?;
        let MessageLayout { name: message, type_byte, len: expected, .. } = *layout;
        if *got != type_byte {
            return Err(DecodeError::WrongType { message, expected: type_byte, got: *got });
        }
        if bytes.len() != expected {
            return Err(DecodeError::Length { message, type_byte, expected, got: bytes.len() });
        }
        Ok(Self { rest })
    }

    #[inline]
    pub(crate) fn next<T: Field>(&mut self) -> T {
        let (field, rest) = self.rest.split_at(T::LEN);
        self.rest = rest;
        T::read(field)
    }
}

/// Writes a field and returns what is behind it.
#[inline]
pub(crate) fn write_field<T: Field>(bytes: &mut [u8], value: T) -> &mut [u8] {
    let (field, rest) = bytes.split_at_mut(T::LEN);
    value.write(field);
    rest
}

/// A field whose place is not known yet.
pub(crate) const fn unplaced<T: Field>(name: &'static str) -> FieldLayout {
    FieldLayout { name, offset: 0, len: T::LEN, kind: T::KIND }
}

/// Lays fields behind the type byte, one after the other.
pub(crate) const fn lay_out<const N: usize>(mut fields: [FieldLayout; N]) -> [FieldLayout; N] {
    let mut offset = 1;
    let mut at = 0;
    while at < N {
        fields[at].offset = offset;
        offset += fields[at].len;
        at += 1;
    }
    fields
}

/// The length of a message of these fields, type byte included.
pub(crate) const fn message_len(fields: &[FieldLayout]) -> usize {
    match fields {
        [] => 1,
        [.., last] => last.offset + last.len,
    }
}

/// Declares a message: `Name, type byte, length { field: Type, ... }`. The length is checked at compile time.
macro_rules! message {
    (
        $(#[$doc:meta])*
        $name:ident, $type_byte:literal, $len:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ty, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $kind, )+
        }

        impl $name {
            /// The first byte.
            pub const TYPE: u8 = $type_byte;
            /// The length in bytes, type byte included.
            pub const LEN: usize = $len;
            /// The fields behind the type byte, in order and without gaps.
            pub const FIELDS: &'static [FieldLayout] =
                &lay_out([$( unplaced::<$kind>(stringify!($field)) ),+]);
            /// The message's shape.
            pub const LAYOUT: MessageLayout =
                MessageLayout { name: stringify!($name), type_byte: Self::TYPE, len: Self::LEN, fields: Self::FIELDS };

            /// Reads the message from exactly its bytes, type byte included.
            ///
            /// # Errors
            /// Another type or another length. Values are not judged.
            #[inline]
            pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let mut fields = FieldReader::open(bytes, &Self::LAYOUT)?;
                Ok(Self { $( $field: fields.next(), )+ })
            }

            /// The message's bytes, type byte included.
            #[inline]
            #[must_use]
            pub fn to_bytes(&self) -> [u8; $len] {
                let mut bytes = [0; $len];
                bytes[0] = Self::TYPE;
                let rest = &mut bytes[1..];
                $( let rest = write_field(rest, self.$field); )+
                debug_assert!(rest.is_empty());
                bytes
            }

            /// Appends the message's bytes, type byte included.
            #[inline]
            pub fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_bytes());
            }
        }

        const _: () = assert!(message_len($name::FIELDS) == $name::LEN);
    };
}

/// Declares the messages of one direction: an enum that decodes by the type byte.
macro_rules! family {
    ($(#[$doc:meta])* $family:ident { $($name:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $family {
            $( #[doc = concat!("See [`", stringify!($name), "`].")] $name($name), )+
        }

        impl $family {
            /// The shapes of all messages of this direction.
            pub const LAYOUTS: &'static [MessageLayout] = &[$( $name::LAYOUT ),+];

            /// Reads whichever message the type byte names.
            ///
            /// # Errors
            /// No bytes, a type that this direction does not have, or another length than the type's.
            #[inline]
            pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                match bytes.first() {
                    None => Err(DecodeError::Empty),
                    $( Some(&$name::TYPE) => $name::decode(bytes).map(Self::$name), )+
                    Some(&type_byte) => Err(DecodeError::UnknownType { type_byte }),
                }
            }

            /// Appends the message's bytes, type byte included.
            #[inline]
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$name(message) => message.encode(out), )+
                }
            }

            /// The message's shape.
            #[must_use]
            pub fn layout(&self) -> &'static MessageLayout {
                match self {
                    $( Self::$name(_) => &$name::LAYOUT, )+
                }
            }
        }

        $(
            impl From<$name> for $family {
                fn from(message: $name) -> Self {
                    Self::$name(message)
                }
            }
        )+
    };
}

/// Declares a one-byte code: a newtype that holds any byte, with a constant for each one that is defined.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $( $(#[$code_doc:meta])* $code:ident = $byte:literal, )+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub u8);

        impl $name {
            $( $(#[$code_doc])* pub const $code: Self = Self($byte); )+

            /// Every code that is defined.
            pub const KNOWN: &'static [Self] = &[$( Self::$code ),+];

            /// True for a code that is defined.
            #[must_use]
            pub fn is_known(self) -> bool {
                self.name().is_some()
            }

            /// The constant's name; none for a code that is not defined.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $( Self::$code => Some(stringify!($code)), )+
                    _ => None,
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "0x{:02x}", self.0),
                }
            }
        }

        impl Field for $name {
            const LEN: usize = 1;
            const KIND: FieldKind = FieldKind::Text;

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                Self(bytes[0])
            }

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                bytes[0] = self.0;
            }
        }
    };
}

/// Declares a text of fixed length: left-justified ASCII, padded with spaces.
macro_rules! text_field {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The length in bytes.
            pub const LEN: usize = $len;
            /// Spaces only.
            pub const BLANK: Self = Self([b' '; $len]);

            /// Pads a text with spaces. None when it is too long or holds other than printable ASCII.
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                let mut bytes = [b' '; $len];
                bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
                Some(Self(bytes)).filter(|field| field.is_printable())
            }

            /// The text without the spaces behind it. None when it holds other than printable ASCII.
            #[must_use]
            pub fn text(&self) -> Option<&str> {
                let text = std::str::from_utf8(&self.0).ok().filter(|_| self.is_printable())?;
                Some(text.trim_end_matches(' '))
            }

            /// True when every byte is printable ASCII, space included.
            #[must_use]
            pub fn is_printable(&self) -> bool {
                self.0.iter().all(|byte| (b' '..=b'~').contains(byte))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "\"{}\"", self.0.escape_ascii())
            }
        }

        impl Field for $name {
            const LEN: usize = $len;
            const KIND: FieldKind = FieldKind::Text;

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let mut text = [0; $len];
                text.copy_from_slice(bytes);
                Self(text)
            }

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.0);
            }
        }
    };
}

/// Declares a number with a meaning of its own: a newtype around an integer.
macro_rules! number_field {
    ($(#[$doc:meta])* $name:ident, $integer:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $integer);

        impl Field for $name {
            const LEN: usize = <$integer as Field>::LEN;
            const KIND: FieldKind = FieldKind::Number;

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                Self(<$integer as Field>::read(bytes))
            }

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                self.0.write(bytes);
            }
        }
    };
}

pub(crate) use {codes, family, message, number_field, text_field};
