//! Refusals that every contract knows. Each contract has them among its own errors, so that a reader sees one list.

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Refusal {
    /// The caller is no gatekeeper in good standing.
    NotAGatekeeper,
    /// The caller's role doesn't allow this.
    NotAuthorized,
    /// The section's names or layer are not what the chain takes.
    InvalidSection,
    /// The contract would be left without an admin.
    LastAdmin,
    /// The account has no role.
    NoRole,
    /// The new code can't read what this contract has stored, or there is no such code.
    LayoutMismatch,
}

/// Turns a [`Refusal`] into the variant of the same name of a contract's error.
#[macro_export]
macro_rules! refusals_into {
    ($error:ty) => {
        impl From<$crate::Refusal> for $error {
            fn from(refusal: $crate::Refusal) -> Self {
                match refusal {
                    $crate::Refusal::NotAGatekeeper => Self::NotAGatekeeper,
                    $crate::Refusal::NotAuthorized => Self::NotAuthorized,
                    $crate::Refusal::InvalidSection => Self::InvalidSection,
                    $crate::Refusal::LastAdmin => Self::LastAdmin,
                    $crate::Refusal::NoRole => Self::NoRole,
                    $crate::Refusal::LayoutMismatch => Self::LayoutMismatch,
                }
            }
        }
    };
}
