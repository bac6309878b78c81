//! Prints the metadata of the operation contract.

fn main() {
    contract_metadata::print(operation::operation::layout());
}
