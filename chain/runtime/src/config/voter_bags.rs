//! The bags that stakers are sorted into, so that an election finds the heaviest without reading all.

/// Number of bags but the last, which holds whoever is above them all.
pub const BAGS: usize = 100;

/// The most that stakers of a bag can weigh. Each is a quarter more than the one before: from less than the existential
/// deposit to more than the supply of the first years, with a LOGOS at 10^12.
pub const THRESHOLDS: [u64; BAGS] = thresholds();

const LOWEST: u64 = 1_000_000_000;

const fn thresholds() -> [u64; BAGS] {
	let mut thresholds = [LOWEST; BAGS];
	let mut bag = 1;
	while bag < BAGS {
		thresholds[bag] = thresholds[bag - 1] + thresholds[bag - 1] / 4;
		bag += 1;
	}
	thresholds
}
