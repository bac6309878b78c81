//! The rules that names of regions and sections follow. They show in commands, file names and host names, so they are
//! kept to what is safe in all of them.

/// What stands between a section's group and its number.
const SECTION_INFIX: &[u8] = b"-section-";

/// Digits that a section's number may have at most, so that it fits 32 bits wherever it is read.
const MAX_NUMBER_DIGITS: usize = 9;

/// Lower-case letters, digits and hyphens; at least one, and no hyphen at either end.
pub fn is_label(name: &[u8]) -> bool {
	let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
	let hyphen = Some(&b'-');
	!name.is_empty() && name.iter().all(allowed) && name.first() != hyphen && name.last() != hyphen
}

/// `<group>-section-<n>`, such as `network-section-1`: the group is a label, `n` counts from 1 without leading zeros.
pub fn is_section(name: &[u8]) -> bool {
	let infix = name.windows(SECTION_INFIX.len()).rposition(|window| window == SECTION_INFIX);
	let Some((group, rest)) = infix.and_then(|at| name.split_at_checked(at)) else { return false };
	let number = rest.strip_prefix(SECTION_INFIX).unwrap_or_default();
	is_label(group)
		&& (1..=MAX_NUMBER_DIGITS).contains(&number.len())
		&& number.iter().all(u8::is_ascii_digit)
		&& number.first() != Some(&b'0')
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn labels_are_lower_case_words_joined_by_hyphens() {
		for good in ["a", "eu-central", "region-2", "1"] {
			assert!(is_label(good.as_bytes()), "{good}");
		}
		for bad in ["", "-", "a-", "-a", "A", "a_b", "a b", "a.b", "ä"] {
			assert!(!is_label(bad.as_bytes()), "{bad}");
		}
	}

	#[test]
	fn sections_name_a_group_and_a_number() {
		for good in ["network-section-1", "host-policy-section-12", "a-section-999999999", "x-section-1-section-2"] {
			assert!(is_section(good.as_bytes()), "{good}");
		}
		for bad in [
			"",
			"network",
			"section-1",
			"-section-1",
			"network-section-",
			"network-section-0",
			"network-section-01",
			"network-section-1a",
			"network-section--1",
			"Network-section-1",
			"network-section-1000000000",
			"network--section-1x",
			"net work-section-1",
		] {
			assert!(!is_section(bad.as_bytes()), "{bad}");
		}
	}
}
