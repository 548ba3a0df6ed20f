//! How a record is declared once: a struct, its reader, its writer and its table of fields.

/// A value of fixed size inside a record, little-endian.
pub trait Wire: Sized + Copy {
    /// Bytes on disk and on the wire.
    const SIZE: usize;
    /// The NumPy type string, e.g. `<i8`; for bytes `S16`.
    const DTYPE: &'static str;
    /// Reads the value from exactly `SIZE` bytes.
    fn get(bytes: &[u8]) -> Self;
    /// Writes the value to exactly `SIZE` bytes.
    fn put(self, bytes: &mut [u8]);
}

macro_rules! wire_integers {
    ($($type:ty => $dtype:literal),+ $(,)?) => {$(
        impl Wire for $type {
            const SIZE: usize = size_of::<$type>();
            const DTYPE: &'static str = $dtype;
            #[inline(always)]
            fn get(bytes: &[u8]) -> Self {
                let mut raw = [0; size_of::<$type>()];
                raw.copy_from_slice(bytes);
                <$type>::from_le_bytes(raw)
            }
            #[inline(always)]
            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )+};
}

wire_integers!(u8 => "u1", u16 => "<u2", u32 => "<u4", u64 => "<u8", i64 => "<i8");

macro_rules! wire_bytes {
    ($($size:literal => $dtype:literal),+ $(,)?) => {$(
        impl Wire for [u8; $size] {
            const SIZE: usize = $size;
            const DTYPE: &'static str = $dtype;
            #[inline(always)]
            fn get(bytes: &[u8]) -> Self {
                let mut raw = [0; $size];
                raw.copy_from_slice(bytes);
                raw
            }
            #[inline(always)]
            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self);
            }
        }
    )+};
}

// `V` (void) keeps trailing zeros in NumPy, `S` (text) drops them.
wire_bytes!(8 => "S8", 16 => "S16", 32 => "V32");

/// One field of a record: where it stands and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, the same in Rust, NumPy and the reference.
    pub name: &'static str,
    /// Bytes from the start of the struct that holds it.
    pub offset: usize,
    /// Bytes it takes.
    pub size: usize,
    /// The NumPy type string.
    pub dtype: &'static str,
    /// One sentence from the doc comment.
    pub doc: &'static str,
}

/// A struct of fixed layout.
pub trait Record: Sized {
    /// Bytes of the whole struct.
    const SIZE: usize;
    /// What the struct is, from its doc comment.
    const DOC: &'static str;
    /// The fields in order, without gaps.
    const FIELDS: &'static [Field];
    /// Reads the struct. Panics when `bytes` is shorter than `SIZE`: the caller has checked the length.
    fn read(bytes: &[u8]) -> Self;
    /// Writes the struct. Panics when `bytes` is shorter than `SIZE`.
    fn write(&self, bytes: &mut [u8]);
}

/// Declares a record: a plain struct whose fields lie one after the other, and its [`Record`] impl.
#[macro_export]
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident [$size:literal] {
            $( $(#[doc = $field_doc:literal])+ $field:ident : $type:ty ),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )+
        }

        impl $crate::Record for $name {
            const SIZE: usize = $size;
            const DOC: &'static str = concat!($($doc),+).trim_ascii();
            const FIELDS: &'static [$crate::Field] = {
                let mut offset = 0;
                let fields = [$({
                    let size = <$type as $crate::Wire>::SIZE;
                    let field = $crate::Field {
                        name: stringify!($field),
                        offset,
                        size,
                        dtype: <$type as $crate::Wire>::DTYPE,
                        doc: concat!($($field_doc),+).trim_ascii(),
                    };
                    offset += size;
                    field
                }),+];
                assert!(offset == $size, concat!("fields of ", stringify!($name), " do not fill its size"));
                &{ fields }
            };

            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                let rest = &bytes[..$size];
                $( let ($field, rest) = rest.split_at(<$type as $crate::Wire>::SIZE); )+
                debug_assert!(rest.is_empty());
                Self { $( $field: <$type as $crate::Wire>::get($field), )+ }
            }

            #[inline(always)]
            fn write(&self, bytes: &mut [u8]) {
                let rest = &mut bytes[..$size];
                $(
                    let (field, rest) = rest.split_at_mut(<$type as $crate::Wire>::SIZE);
                    <$type as $crate::Wire>::put(self.$field, field);
                )+
                debug_assert!(rest.is_empty());
            }
        }
    };
}
