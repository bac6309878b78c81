//! Prints the metadata of the configuration contract.

// Nothing of the contract is called by name; this links it.
extern crate configuration;

fn main() {
    contract_metadata::print();
}
