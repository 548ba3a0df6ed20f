//! The reference pages in the repository are those that the tables make.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;

#[test]
fn reference_pages_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for page in garraway_types::reference_pages() {
        let stored = std::fs::read_to_string(folder.join(page.file)).unwrap_or_default();
        assert!(stored == page.text, "docs/reference/{} is stale: run `make docs`", page.file);
    }
}
