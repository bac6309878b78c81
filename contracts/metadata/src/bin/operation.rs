//! Prints the metadata of the operation contract.

// Nothing of the contract is called by name; this links it.
extern crate operation;

fn main() {
    contract_metadata::print();
}
