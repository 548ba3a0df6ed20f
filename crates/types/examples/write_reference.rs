//! Writes the reference pages: `cargo run -p garraway-types --example write_reference -- docs/reference`.
#![allow(clippy::disallowed_methods)]

fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/reference".into()));
    std::fs::create_dir_all(&folder)?;
    garraway_types::reference_pages()
        .iter()
        .try_for_each(|page| std::fs::write(folder.join(page.file), &page.text))
}
