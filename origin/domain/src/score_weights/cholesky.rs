//! Solves the small systems of equations of a training.

/// A symmetric matrix, of which the lower triangle is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Symmetric {
    size: usize,
    entries: Vec<f64>,
}

impl Symmetric {
    /// All zero.
    pub fn zero(size: usize) -> Self {
        Self { size, entries: vec![0.0; size * size] }
    }

    /// Adds to the entry of a row and a column of the lower triangle.
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        if let Some(entry) = self.entries.get_mut(row * self.size + column) {
            *entry += value;
        }
    }

    /// The solution `x` of `self · x = right`, by Cholesky's decomposition;
    /// `None` unless the matrix is positive definite and everything is finite.
    pub fn solve(&self, right: &[f64]) -> Option<Vec<f64>> {
        if right.len() != self.size {
            return None;
        }
        let lower = self.decomposed()?;
        let at = |row: usize, column: usize| lower.entries[row * self.size + column];
        let mut solution = right.to_vec();
        for row in 0..self.size {
            let known: f64 = (0..row).map(|column| at(row, column) * solution[column]).sum();
            solution[row] = (solution[row] - known) / at(row, row);
        }
        for row in (0..self.size).rev() {
            let known: f64 =
                (row + 1..self.size).map(|below| at(below, row) * solution[below]).sum();
            solution[row] = (solution[row] - known) / at(row, row);
        }
        solution.iter().all(|value| value.is_finite()).then_some(solution)
    }

    fn decomposed(&self) -> Option<Self> {
        let size = self.size;
        let mut lower = Self::zero(size);
        for row in 0..size {
            for column in 0..=row {
                let known: f64 = (0..column)
                    .map(|k| lower.entries[row * size + k] * lower.entries[column * size + k])
                    .sum();
                let left = self.entries[row * size + column] - known;
                lower.entries[row * size + column] = if row == column {
                    Some(left.sqrt()).filter(|root| root.is_finite() && *root > 0.0)?
                } else {
                    left / lower.entries[column * size + column]
                };
            }
        }
        Some(lower)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(rows: &[&[f64]]) -> Symmetric {
        let mut matrix = Symmetric::zero(rows.len());
        for (row, values) in rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                matrix.add(row, column, *value);
            }
        }
        matrix
    }

    #[test]
    fn a_known_system_is_solved() {
        let matrix = of(&[&[4.0], &[12.0, 37.0], &[-16.0, -43.0, 98.0]]);
        let solution = matrix.solve(&[-20.0, -43.0, 192.0]).unwrap();
        for (found, wanted) in solution.into_iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - wanted).abs() < 1e-9, "{found}");
        }
    }

    #[test]
    fn what_has_no_one_solution_is_refused() {
        assert_eq!(of(&[&[1.0], &[1.0, 1.0]]).solve(&[1.0, 1.0]), None);
        assert_eq!(of(&[&[-1.0]]).solve(&[1.0]), None);
        assert_eq!(of(&[&[f64::NAN]]).solve(&[1.0]), None);
        assert_eq!(of(&[&[1.0]]).solve(&[f64::INFINITY]), None);
        assert_eq!(of(&[&[1.0]]).solve(&[]), None);
    }

    proptest! {
        #[test]
        fn solutions_solve(
            entries in prop::collection::vec(-3.0..3.0_f64, 25),
            right in prop::collection::vec(-9.0..9.0_f64, 5),
        ) {
            // A·Aᵀ and the identity are positive definite.
            let mut matrix = Symmetric::zero(5);
            for row in 0..5 {
                for column in 0..=row {
                    let product: f64 =
                        (0..5).map(|k| entries[row * 5 + k] * entries[column * 5 + k]).sum();
                    matrix.add(row, column, if row == column { product + 1.0 } else { product });
                }
            }
            let solution = matrix.solve(&right).unwrap();
            for (row, right) in right.iter().enumerate() {
                let left: f64 = (0..5)
                    .map(|k| matrix.entries[row.max(k) * 5 + row.min(k)] * solution[k])
                    .sum();
                prop_assert!((left - right).abs() < 1e-6);
            }
        }
    }
}
