//! In whose name a referendum acts that needs less than everything.

use polkadot_sdk::*;

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
	use polkadot_sdk::frame_support::pallet_prelude::*;

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// The order is part of the encoding.
	#[pallet::origin]
	#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub enum Origin {
		/// Changes the rules of the infrastructure: its registries, resource classes, prices, who is admitted.
		NetworkPolicy,
		/// Sets the parameters of staking and calls slashes off.
		StakingAdmin,
		/// Spends any amount from the treasury.
		Treasurer,
		/// Spends a little from the treasury.
		Spender,
	}
}

/// A type that lets through one of the origins above, for the configuration of pallets.
macro_rules! ensure {
	($($name:ident)*) => {$(
		pub struct $name;

		impl<O> polkadot_sdk::frame_support::traits::EnsureOrigin<O> for $name
		where
			O: Into<Result<Origin, O>> + From<Origin>,
		{
			type Success = ();

			fn try_origin(origin: O) -> Result<(), O> {
				origin.into().and_then(|found| match found {
					Origin::$name => Ok(()),
					other => Err(O::from(other)),
				})
			}

			#[cfg(feature = "runtime-benchmarks")]
			fn try_successful_origin() -> Result<O, ()> {
				Ok(O::from(Origin::$name))
			}
		}
	)*};
}

ensure!(NetworkPolicy StakingAdmin Treasurer Spender);
