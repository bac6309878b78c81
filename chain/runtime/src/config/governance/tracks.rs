//! The tracks of referenda: how long each kind takes, what it costs to bring one, and how much of the votes it needs.

use super::origins::Origin;
use crate::*;
use alloc::borrow::Cow;
use pace::{ReferendumPace, LIGHT, WEIGHTY};
use pallet_referenda::{Curve, Track, TrackInfo};
use sp_runtime::{str_array, FixedI64};

/// Track of referenda that may do anything, such as change the runtime.
pub const ROOT: u16 = 0;
pub const NETWORK_POLICY: u16 = 1;
pub const STAKING_ADMIN: u16 = 2;
pub const TREASURER: u16 = 3;
pub const SPENDER: u16 = 4;

/// Eight tenths of the votes at the beginning, falling to a half.
const BROAD_APPROVAL: Curve = Curve::make_reciprocal(4, 28, percent(80), percent(50), percent(100));
/// From all of the votes to half of them, evenly.
const EVEN_APPROVAL: Curve = Curve::make_linear(17, 28, percent(50), percent(100));
/// Half of all tokens at the beginning, none at the end.
const BROAD_SUPPORT: Curve = Curve::make_linear(28, 28, percent(0), percent(50));
/// Falls to a tenth of all tokens within the first quarter.
const SOME_SUPPORT: Curve = Curve::make_reciprocal(7, 28, percent(10), percent(0), percent(50));
/// Falls to a hundredth of all tokens before the middle.
const LITTLE_SUPPORT: Curve = Curve::make_reciprocal(12, 28, percent(1), percent(0), percent(50));

const TRACKS: [Track<u16, Balance, BlockNumber>; 5] = [
	track(ROOT, "root", 1, 1_000 * LOGOS, WEIGHTY, BROAD_APPROVAL, BROAD_SUPPORT),
	track(NETWORK_POLICY, "network_policy", 10, 500 * LOGOS, WEIGHTY, BROAD_APPROVAL, SOME_SUPPORT),
	track(STAKING_ADMIN, "staking_admin", 10, 500 * LOGOS, LIGHT, EVEN_APPROVAL, LITTLE_SUPPORT),
	track(TREASURER, "treasurer", 10, 500 * LOGOS, WEIGHTY, BROAD_APPROVAL, BROAD_SUPPORT),
	track(SPENDER, "spender", 50, 50 * LOGOS, LIGHT, EVEN_APPROVAL, LITTLE_SUPPORT),
];

const fn percent(value: u128) -> FixedI64 {
	FixedI64::from_rational(value, 100)
}

const fn track(
	id: u16,
	name: &str,
	max_deciding: u32,
	decision_deposit: Balance,
	pace: ReferendumPace,
	min_approval: Curve,
	min_support: Curve,
) -> Track<u16, Balance, BlockNumber> {
	let info = TrackInfo {
		name: str_array(name),
		max_deciding,
		decision_deposit,
		prepare_period: pace.prepare,
		decision_period: pace.decide,
		confirm_period: pace.confirm,
		min_enactment_period: pace.enact,
		min_approval,
		min_support,
	};
	Track { id, info }
}

/// Gives the referenda pallet the tracks.
pub struct Tracks;

impl pallet_referenda::TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = OriginCaller;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<u16, Balance, BlockNumber>>> {
		TRACKS.iter().map(Cow::Borrowed)
	}

	fn track_for(origin: &OriginCaller) -> Result<u16, ()> {
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Ok(ROOT),
			OriginCaller::Origins(Origin::NetworkPolicy) => Ok(NETWORK_POLICY),
			OriginCaller::Origins(Origin::StakingAdmin) => Ok(STAKING_ADMIN),
			OriginCaller::Origins(Origin::Treasurer) => Ok(TREASURER),
			OriginCaller::Origins(Origin::Spender) => Ok(SPENDER),
			_ => Err(()),
		}
	}
}
