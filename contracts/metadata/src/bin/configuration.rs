//! Prints the metadata of the configuration contract.

fn main() {
    contract_metadata::print(configuration::configuration::layout());
}
