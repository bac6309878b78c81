use crate::{is_label, Refusal};
use ink::prelude::string::String;

/// Highest layer of the infrastructure: 0 physical, 1 hosting, 2 computing environment, 3 client environment.
pub const MAX_LAYER: u8 = 3;

const MAX_REGION_BYTES: usize = 32;
const MAX_SECTION_BYTES: usize = 64;
const MAX_NUMBER_DIGITS: usize = 9;

/// A contract's share of a group and a layer in one region. The chain registers the contract under the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Section {
    /// The region: a label of 32 bytes at most.
    pub region: String,
    /// What it is about: `network`, `security`, `compute`, `storage`, ….
    pub group: String,
    /// Layer of the infrastructure, 0 to [`MAX_LAYER`].
    pub layer: u8,
    /// `<group>-section-<n>`, with `n` from 1 and 64 bytes in all at most.
    pub name: String,
}

impl Section {
    /// The section itself, if it [is valid](Self::is_valid). Fails with `InvalidSection`.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.is_valid() {
            Ok(self)
        } else {
            Err(Refusal::InvalidSection)
        }
    }

    /// Whether its names and its layer are what the chain takes.
    pub fn is_valid(&self) -> bool {
        is_label(&self.region, MAX_REGION_BYTES)
            && is_label(&self.group, MAX_SECTION_BYTES)
            && self.layer <= MAX_LAYER
            && self.name.len() <= MAX_SECTION_BYTES
            && self.number().is_some_and(is_number)
    }

    /// What follows `<group>-section-` in the name.
    fn number(&self) -> Option<&str> {
        self.name.strip_prefix(self.group.as_str())?.strip_prefix("-section-")
    }
}

/// Decimal, from 1, without leading zeros.
fn is_number(digits: &str) -> bool {
    (1..=MAX_NUMBER_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(region: &str, group: &str, layer: u8, name: &str) -> Section {
        Section { region: region.into(), group: group.into(), layer, name: name.into() }
    }

    #[test]
    fn takes_what_the_chain_takes() {
        assert!(section("eu-1", "network", 1, "network-section-1").is_valid());
        assert!(section("eu-1", "host-policy", 3, "host-policy-section-12").is_valid());
        for bad in [
            section("EU", "network", 1, "network-section-1"),
            section("", "network", 1, "network-section-1"),
            section("eu-1", "", 1, "-section-1"),
            section("eu-1", "network", 4, "network-section-1"),
            section("eu-1", "network", 1, "security-section-1"),
            section("eu-1", "network", 1, "network-section-0"),
            section("eu-1", "network", 1, "network-section-01"),
            section("eu-1", "network", 1, "network-section-"),
            section("eu-1", "network", 1, "network-section-1234567890"),
            section("eu-1", "network", 1, "network"),
            section(&"e".repeat(33), "network", 1, "network-section-1"),
            section("eu-1", &"n".repeat(60), 1, &(String::from("n").repeat(60) + "-section-1")),
        ] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
    }
}
