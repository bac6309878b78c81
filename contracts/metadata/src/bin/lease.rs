//! Prints the metadata of the lease contract.

fn main() {
    contract_metadata::print(lease::lease::layout());
}
