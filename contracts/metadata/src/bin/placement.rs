//! Prints the metadata of the placement contract.

fn main() {
    contract_metadata::print(placement::placement::layout());
}
