//! A contract is administered by accounts in the role of an admin, of which one must always remain.

/// How many admins there are after an account's role changed.
///
/// `admins` counts them before; `was` and `becomes` say whether the account is an admin before and after. `None` when
/// no admin would be left.
pub fn admins_after(admins: u32, was: bool, becomes: bool) -> Option<u32> {
    let after = match (was, becomes) {
        (false, true) => admins.checked_add(1)?,
        (true, false) => admins.checked_sub(1)?,
        _ => admins,
    };
    (after > 0).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::admins_after;

    #[test]
    fn one_admin_always_remains() {
        assert_eq!(admins_after(1, true, false), None);
        assert_eq!(admins_after(2, true, false), Some(1));
        assert_eq!(admins_after(1, false, true), Some(2));
        assert_eq!(admins_after(1, false, false), Some(1));
        assert_eq!(admins_after(1, true, true), Some(1));
        assert_eq!(admins_after(u32::MAX, false, true), None);
    }
}
