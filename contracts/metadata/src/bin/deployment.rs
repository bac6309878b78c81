//! Prints the metadata of the deployment contract.

fn main() {
    contract_metadata::print(deployment::deployment::layout());
}
