//! The 625 source permutations of HashWX, generated rather than stored.

/// How many permutations satisfy [`ALLOWED`].
pub(crate) const COUNT: usize = 625;

/// One permutation, three bits per element, element 0 lowest.
pub(crate) type Permutation = u32;

/// Which values each position may hold: one bit per value.
const ALLOWED: [u32; 8] = [
    0b1101_0101,
    0b1111_1100,
    0b1111_1010,
    0b1111_0010,
    0b1110_1010,
    0b1100_1010,
    0b1010_1011,
    0b0000_0101,
];

/// Lists the permutations in lexicographic order.
pub(crate) const fn list() -> [Permutation; COUNT] {
    let mut list = [0; COUNT];
    let mut found = 0;
    // A depth-first walk: `free` keeps, for each position, the values still to try there.
    let mut free = [0; 8];
    free[0] = ALLOWED[0];
    let (mut position, mut used, mut permutation) = (0, 0, 0);
    while found < COUNT {
        let lowest = free[position] & free[position].wrapping_neg();
        if lowest == 0 {
            position -= 1;
            let value = (permutation >> (3 * position)) & 7;
            used &= !(1 << value);
            permutation &= !(7 << (3 * position));
            continue;
        }
        free[position] ^= lowest;
        let with_value = permutation | (lowest.trailing_zeros() << (3 * position));
        if position == 7 {
            list[found] = with_value;
            found += 1;
        } else {
            permutation = with_value;
            used |= lowest;
            position += 1;
            free[position] = ALLOWED[position] & !used;
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(permutation: Permutation) -> [u32; 8] {
        core::array::from_fn(|i| (permutation >> (3 * i)) & 7)
    }

    #[test]
    fn the_list_is_in_lexicographic_order_and_keeps_to_the_sets() {
        let list = list();
        assert!(list.is_sorted_by(|a, b| digits(*a) < digits(*b)));
        for permutation in list {
            let digits = digits(permutation);
            assert_eq!(digits.iter().fold(0, |seen, value| seen | 1 << value), 0xff);
            assert!(digits.iter().zip(ALLOWED).all(|(value, allowed)| allowed >> value & 1 == 1));
        }
    }

    #[test]
    fn the_list_is_complete() {
        // Fills position after position, counting.
        fn complete(position: usize, used: u32) -> usize {
            let Some(allowed) = ALLOWED.get(position) else { return 1 };
            (0..8)
                .filter(|value| allowed & !used & 1 << value != 0)
                .map(|value| complete(position + 1, used | 1 << value))
                .sum()
        }
        assert_eq!(complete(0, 0), COUNT);
    }
}
