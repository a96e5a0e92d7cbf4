//! The 625 source permutations of HashWX, generated rather than stored.

/// How many permutations satisfy [`ALLOWED`].
pub(crate) const COUNT: usize = 625;

/// One permutation, three bits per element, element 0 lowest.
pub(crate) type Permutation = u32;

/// Which values each position may hold: one bit per value.
const ALLOWED: [u8; 8] = [
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
    walk(&mut list, 0, 0, 0);
    list
}

/// Lists, from index `found` on, the permutations that extend `permutation`,
/// which already has the values in `used`; returns the new count.
const fn walk(
    list: &mut [Permutation; COUNT],
    mut found: usize,
    permutation: Permutation,
    used: u32,
) -> usize {
    let position = used.count_ones();
    if position == 8 {
        if found < COUNT {
            list[found] = permutation;
        }
        return found + 1;
    }
    let mut value = 0;
    while value < 8 {
        if ALLOWED[position as usize & 7] as u32 & !used & (1 << value) != 0 {
            let longer = permutation | (value << (3 * position));
            found = walk(list, found, longer, used | (1 << value));
        }
        value += 1;
    }
    found
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
            (0..8_u32)
                .filter(|value| u32::from(*allowed) & !used & 1 << value != 0)
                .map(|value| complete(position + 1, used | 1 << value))
                .sum()
        }
        assert_eq!(complete(0, 0), COUNT);
    }
}
