//! Rules for names. They show in commands, file names and host names, so they are kept to what is safe in all of them.

/// Lower-case letters, digits and hyphens; 1 to `max` bytes, and no hyphen at either end.
pub fn is_label(name: &str, max: usize) -> bool {
    has_length(name, max)
        && name.bytes().all(|byte| is_lower_or_digit(byte) || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Lower-case letters, digits, hyphens, dots and slashes; 1 to `max` bytes.
pub fn is_path(name: &str, max: usize) -> bool {
    has_length(name, max) && name.bytes().all(|byte| is_lower_or_digit(byte) || matches!(byte, b'-' | b'.' | b'/'))
}

/// Characters of ASCII that print, spaces among them; 1 to `max` bytes.
pub fn is_text(text: &str, max: usize) -> bool {
    has_length(text, max) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn has_length(name: &str, max: usize) -> bool {
    (1..=max).contains(&name.len())
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for good in ["a", "eu-1", "0"] {
            assert!(is_label(good, 4), "{good}");
        }
        for bad in ["", "-", "-a", "a-", "A", "a.b", "a/b", "ä", "abcde"] {
            assert!(!is_label(bad, 4), "{bad}");
        }
    }

    #[test]
    fn texts() {
        assert!(is_text("application/json; charset=utf-8", 64));
        for bad in ["", "a\n", "ü", "abcde"] {
            assert!(!is_text(bad, 4), "{bad}");
        }
    }

    #[test]
    fn paths() {
        for good in ["a", "host/firewall.nft", "-./"] {
            assert!(is_path(good, 32), "{good}");
        }
        for bad in ["", "A", "a b", "a_b", "a\n", "ü"] {
            assert!(!is_path(bad, 32), "{bad}");
        }
    }
}
