//! Prints the metadata of the privacy contract.

fn main() {
    contract_metadata::print(privacy::privacy::layout());
}
