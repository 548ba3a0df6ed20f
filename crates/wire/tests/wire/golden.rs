//! Reads the files of `golden/`: `[Name]`, hexadecimal bytes, `#` comments.

/// The bytes under a name.
pub fn bytes(file: &str, name: &str) -> Vec<u8> {
    let (_, found) = sections(file).into_iter().find(|(section, _)| section == name).unwrap();
    found
}

/// All names with their bytes, in order.
pub fn sections(file: &str) -> Vec<(String, Vec<u8>)> {
    let mut sections: Vec<(String, Vec<u8>)> = Vec::new();
    for line in file.lines() {
        let code = line.split('#').next().unwrap().trim();
        if let Some(name) = code.strip_prefix('[') {
            sections.push((name.trim_end_matches(']').to_owned(), Vec::new()));
        } else if !code.is_empty() {
            let bytes = code.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap());
            sections.last_mut().unwrap().1.extend(bytes);
        }
    }
    sections
}
