//! What the pallet needs of the chain's contracts, so that it depends on no particular contracts pallet.

use frame_support::{dispatch::DispatchResultWithPostInfo, weights::Weight};

/// Tells contracts from other accounts.
pub trait ContractLookup<AccountId, Hash> {
	/// Hash of the code of the contract at `address`; `None` where there is no contract.
	fn code_hash(address: &AccountId) -> Option<Hash>;

	/// Makes a contract and returns its account, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn new_contract() -> AccountId;
}

/// Calls contracts in the name of an account.
pub trait ContractCaller<AccountId, Balance> {
	/// What a call with this gas limit may weigh at most.
	fn weight(gas_limit: Weight) -> Weight;

	/// Calls the contract at `dest` as `caller`. `storage_deposit_limit` is the most that the caller pays for storage;
	/// `None` for all that it has.
	///
	/// Returns the weight that was used, also with an error.
	fn call(
		caller: AccountId,
		dest: AccountId,
		value: Balance,
		gas_limit: Weight,
		storage_deposit_limit: Option<Balance>,
		data: alloc::vec::Vec<u8>,
	) -> DispatchResultWithPostInfo;
}
