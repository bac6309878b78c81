//! Lists are read a page at a time, so that no answer outgrows a contract's memory.

/// Positions of the page that begins at `from` in a list of `count`: `limit` of them at most, and never more than `max`.
pub fn page(from: u32, limit: u32, max: u32, count: u32) -> core::ops::Range<u32> {
    from..from.saturating_add(limit.min(max)).min(count)
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_page_stays_within_its_list_and_its_limit() {
        assert_eq!(page(0, 10, 64, 3), 0..3);
        assert_eq!(page(2, 2, 64, 9), 2..4);
        assert_eq!(page(0, u32::MAX, 64, 100), 0..64);
        assert!(page(u32::MAX, u32::MAX, 64, 100).is_empty());
        assert!(page(5, 0, 64, 100).is_empty());
    }
}
