//! Estimates of how many different things were seen lately: addresses of a
//! network, networks of a site, of a system or of a client's software. A set
//! would grow with what an attacker sends; these do not.

/// What one window remembers of hashes.
pub trait DistinctEstimate: Copy + Default {
    /// Remembers a hash, whose bits must be evenly distributed.
    fn see(&mut self, hash: u64);

    /// Remembers everything that another window remembers.
    fn join(&mut self, other: &Self);

    /// How many different hashes were seen, approximately.
    fn distinct(&self) -> u32;

    /// The registers, to be joined elsewhere; nothing where what is seen is told
    /// one by one.
    fn bytes(&self) -> Vec<u8>;

    /// Reads what [`Self::bytes`] wrote; `None` if it did not.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Counts nothing.
impl DistinctEstimate for () {
    fn see(&mut self, _: u64) {}

    fn join(&mut self, (): &Self) {}

    fn distinct(&self) -> u32 {
        0
    }

    fn bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

/// Up to about 250: linear counting in 64 bits (Whang, Vander-Zanden and Taylor
/// 1990). The estimate is within a fifth for up to 100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinearCount(u64);

impl DistinctEstimate for LinearCount {
    fn see(&mut self, hash: u64) {
        self.0 |= 1 << (hash >> 58);
    }

    fn join(&mut self, other: &Self) {
        self.0 |= other.0;
    }

    fn distinct(&self) -> u32 {
        linear(self.0.count_zeros())
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_le_bytes).map(Self)
    }
}

/// Any number: 64 registers of HyperLogLog (Flajolet and others 2007), with
/// linear counting while it is small. The standard error is 13 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HyperLogLog([u8; REGISTERS]);

const REGISTERS: usize = 64;

/// Of a hash 58 bits are left for the rank.
const MAX_RANK: u8 = 59;

impl Default for HyperLogLog {
    fn default() -> Self {
        Self([0; REGISTERS])
    }
}

impl DistinctEstimate for HyperLogLog {
    fn see(&mut self, hash: u64) {
        let rank = (hash << 6 | 0x3f).leading_zeros() + 1;
        let rank = u8::try_from(rank).unwrap_or(MAX_RANK);
        if let Some(register) = self.0.get_mut((hash >> 58) as usize) {
            *register = rank.max(*register);
        }
    }

    fn join(&mut self, other: &Self) {
        for (register, other) in self.0.iter_mut().zip(other.0) {
            *register = other.max(*register);
        }
    }

    fn distinct(&self) -> u32 {
        // The harmonic mean in 2^-40.
        let sum: u64 = self.0.iter().map(|rank| (1 << 40) >> rank).sum();
        let estimate = (ALPHA_M_M << 40) / u128::from(sum.max(1));
        let zeros: u32 = self.0.iter().map(|rank| u32::from(*rank == 0)).sum();
        if zeros > 0 && estimate <= 160 {
            return linear(zeros);
        }
        u32::try_from(estimate).unwrap_or(u32::MAX)
    }

    fn bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    fn of_bytes(_: &[u8]) -> Option<Self> {
        None
    }
}

/// 0.709 × 64².
const ALPHA_M_M: u128 = 2_904;

/// 64 ln(64 / zeros), rounded; for none the value that a half would give.
const LINEAR: [u16; 65] = [
    311, 266, 222, 196, 177, 163, 151, 142, 133, 126, 119, 113, 107, 102, 97, 93, 89, 85, 81, 78,
    74, 71, 68, 65, 63, 60, 58, 55, 53, 51, 48, 46, 44, 42, 40, 39, 37, 35, 33, 32, 30, 28, 27, 25,
    24, 23, 21, 20, 18, 17, 16, 15, 13, 12, 11, 10, 9, 7, 6, 5, 4, 3, 2, 1, 0,
];

fn linear(zeros: u32) -> u32 {
    LINEAR.get(zeros as usize).copied().unwrap_or_default().into()
}

/// The current window and the one before: what was seen within one to two
/// windows, here and, where a meter told it, everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recently<R> {
    window: u64,
    current: R,
    previous: R,
    /// What a meter told, and in which window.
    told: u32,
    told_in: u64,
}

impl<R: DistinctEstimate> Recently<R> {
    /// The same in a later window.
    pub fn at(&self, window: u64) -> Self {
        match window.saturating_sub(self.window) {
            0 => *self,
            1 => Self { window, current: R::default(), previous: self.current, ..*self },
            _ => Self { window, current: R::default(), previous: R::default(), ..*self },
        }
    }

    /// The window of the last event.
    pub const fn window(&self) -> u64 {
        self.window
    }

    /// Begins a window, if it is a new one.
    pub fn turn(&mut self, window: u64) {
        *self = self.at(window);
    }

    /// Remembers a hash in this window.
    pub fn see(&mut self, hash: u64, window: u64) {
        *self = self.at(window);
        self.current.see(hash);
    }

    /// How many different hashes were seen in this window and the one before.
    pub fn distinct(&self, window: u64) -> u32 {
        let Self { current, mut previous, told, told_in, .. } = self.at(window);
        previous.join(&current);
        let told = if window.saturating_sub(told_in) <= 1 { told } else { 0 };
        previous.distinct().max(told)
    }

    /// How many were seen in the current window alone.
    pub fn in_window(&self) -> u32 {
        self.current.distinct()
    }

    /// What was seen in the current window, to be joined elsewhere.
    pub fn bytes(&self, window: u64) -> Vec<u8> {
        self.at(window).current.bytes()
    }

    /// Adds what others saw in this window. Bytes that are none change nothing.
    pub fn join(&mut self, bytes: &[u8], window: u64) {
        *self = self.at(window);
        if let Some(others) = R::of_bytes(bytes) {
            self.current.join(&others);
        }
    }

    /// Notes how many were seen everywhere.
    pub fn learn(&mut self, distinct: u32, window: u64) {
        (self.told, self.told_in) = (distinct, window);
    }
}

#[cfg(test)]
mod tests {
    use super::super::mix;
    use super::*;

    fn seen<R: DistinctEstimate>(number: u64) -> R {
        let mut registers = R::default();
        for value in 0..number {
            registers.see(mix(value + 1));
        }
        registers
    }

    #[test]
    fn the_linear_table_is_a_logarithm() {
        for (zeros, estimate) in LINEAR.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "65 numbers")]
            let zeros = if zeros == 0 { 0.5 } else { zeros as f64 };
            assert!((f64::from(*estimate) - 64.0 * (64.0 / zeros).ln()).abs() <= 0.5);
        }
    }

    #[test]
    fn few_are_counted_up_to_a_network() {
        for (number, low, high) in
            [(0, 0, 0), (1, 1, 1), (10, 8, 12), (100, 75, 130), (256, 196, 311)]
        {
            let distinct = seen::<LinearCount>(number).distinct();
            assert!((low..=high).contains(&distinct), "{number}: {distinct}");
        }
    }

    #[test]
    fn many_are_counted_within_a_third() {
        for number in [0, 1, 10, 64, 100, 200, 1_000, 10_000, 100_000, 1_000_000_u64] {
            let distinct = u64::from(seen::<HyperLogLog>(number).distinct());
            let off = distinct.abs_diff(number);
            assert!(off <= number / 3, "{number}: {distinct}");
        }
    }

    #[test]
    fn what_was_seen_twice_counts_once_and_windows_end() {
        let mut recently = Recently::<HyperLogLog>::default();
        for window in [7, 8] {
            for value in 0..100 {
                recently.see(mix(value), window);
            }
        }
        let now = recently.distinct(8);
        assert!((70..=130).contains(&now), "{now}");
        assert_eq!(recently.distinct(9), now);
        assert_eq!(recently.distinct(10), 0);
        // A clock that steps back ends no window.
        assert_eq!(recently.distinct(3), now);
    }
}
