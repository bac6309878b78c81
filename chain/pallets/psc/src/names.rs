//! Rules for names. They show in commands and file names, so they are kept to what is safe in both.

/// Lower-case letters, digits and hyphens; at least one, and no hyphen at either end.
pub fn is_label(name: &[u8]) -> bool {
	let hyphen = Some(&b'-');
	!name.is_empty()
		&& name.iter().all(|byte| is_lower_or_digit(byte) || *byte == b'-')
		&& name.first() != hyphen
		&& name.last() != hyphen
}

/// Lower-case letters, digits, hyphens, dots and slashes; at least one.
pub fn is_path(name: &[u8]) -> bool {
	!name.is_empty() && name.iter().all(|byte| is_lower_or_digit(byte) || matches!(byte, b'-' | b'.' | b'/'))
}

fn is_lower_or_digit(byte: &u8) -> bool {
	byte.is_ascii_lowercase() || byte.is_ascii_digit()
}
