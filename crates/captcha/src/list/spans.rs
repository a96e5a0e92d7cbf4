//! Ranges of addresses as sorted numbers, and the search in them.

use munjigi_counters::sorted::sorted;

use crate::holds::Holds;

/// From the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub first: u64,
    pub last: u64,
}

impl Span {
    /// The network of `bits` bits that contains an address of `width` bits.
    pub fn of(address: u64, width: u32, bits: u32) -> Self {
        let free = width.saturating_sub(bits);
        let hosts = 1_u64.checked_shl(free).unwrap_or_default().wrapping_sub(1);
        Self { first: address & !hosts, last: address | hosts }
    }
}

/// Ranges in ascending order, with a gap before each: one form per set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// The same set in its one form.
    pub fn merge(spans: Vec<Span>) -> Self {
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in sorted(spans) {
            match merged.last_mut() {
                Some(before) if span.first <= before.last.saturating_add(1) => {
                    before.last = before.last.max(span.last);
                }
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    pub fn joined(self, other: Self) -> Self {
        Self::merge([self.0, other.0].concat())
    }

    pub const fn len(&self) -> usize {
        self.0.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, number: u64) -> bool {
        self.covers(Span { first: number, last: number }) == Holds::Yes
    }

    /// Whether all, none or some of a range is in the set.
    pub fn covers(&self, span: Span) -> Holds {
        let place = self.0.partition_point(|known| known.last < span.first);
        match self.0.get(place) {
            Some(known) if known.first <= span.first && span.last <= known.last => Holds::Yes,
            Some(known) if known.first <= span.last => Holds::Open,
            _ => Holds::No,
        }
    }

    pub fn read_v4(bytes: &[u8]) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks() else { return None };
        Self::of_numbers(numbers.iter().map(|bytes| u64::from(u32::from_be_bytes(*bytes))))
    }

    pub fn read_v6(bytes: &[u8]) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks() else { return None };
        Self::of_numbers(numbers.iter().map(|bytes| u64::from_be_bytes(*bytes)))
    }

    /// First and last in turn; `None` unless they are in canonical form.
    fn of_numbers(numbers: impl ExactSizeIterator<Item = u64>) -> Option<Self> {
        let mut spans: Vec<Span> = Vec::with_capacity(numbers.len() / 2);
        let mut numbers = numbers;
        while let Some(first) = numbers.next() {
            let span = Span { first, last: numbers.next()? };
            let has_gap = spans.last().is_none_or(|before| {
                before.last.checked_add(1).is_some_and(|next| next < span.first)
            });
            if span.last < span.first || !has_gap {
                return None;
            }
            spans.push(span);
        }
        Some(Self(spans))
    }

    pub fn write_v4(&self, bytes: &mut Vec<u8>) {
        for Span { first, last } in &self.0 {
            for number in [first, last] {
                let [_, _, _, _, low @ ..] = number.to_be_bytes();
                bytes.extend(low);
            }
        }
    }

    pub fn write_v6(&self, bytes: &mut Vec<u8>) {
        for Span { first, last } in &self.0 {
            bytes.extend(first.to_be_bytes());
            bytes.extend(last.to_be_bytes());
        }
    }
}
