//! Statistics: quantiles, geometric means, and intervals by the bootstrap (Efron, "Bootstrap methods", 1979).

use serde::Serialize;

/// The middle of some measurements and the interval that holds it with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub median: f64,
    pub low: f64,
    pub high: f64,
    /// How many measurements.
    pub n: usize,
}

const RESAMPLES: usize = 2000;

/// The `q`th quantile (0 to 1) of sorted values, between neighbours by distance. None of nothing.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    Some(below + (above - below) * place.fract())
}

pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

pub fn median(values: &[f64]) -> Option<f64> {
    quantile(&sorted(values.iter().copied()), 0.5)
}

/// The median and its interval by the percentile bootstrap. The same values give the same interval.
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    let middle = median(values)?;
    let mut random = fastrand::Rng::with_seed(values.len() as u64);
    let medians = sorted((0..RESAMPLES).filter_map(|_| {
        let sample: Vec<f64> = values
            .iter()
            .map(|_| values[random.usize(..values.len())])
            .collect();
        median(&sample)
    }));
    Some(Estimate {
        median: middle,
        low: quantile(&medians, 0.025)?,
        high: quantile(&medians, 0.975)?,
        n: values.len(),
    })
}

/// None of nothing, and where a value is not positive.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|&value| value <= 0.0) {
        return None;
    }
    let logs: f64 = values.iter().map(|value| value.ln()).sum();
    Some((logs / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.25), Some(1.25));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn an_interval_holds_its_median() {
        let values = [3.0, 1.0, 2.0, 10.0, 2.5];
        let found = estimate(&values).expect("values");
        assert_eq!(found.median, 2.5);
        assert!(found.low <= found.median && found.median <= found.high);
        assert!(found.low >= 1.0 && found.high <= 10.0);
        assert_eq!(estimate(&values), Some(found));
    }

    #[test]
    fn geometric_means_need_positive_values() {
        let mean = geometric_mean(&[1.0, 4.0]).expect("positive");
        assert!((mean - 2.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
        assert_eq!(geometric_mean(&[]), None);
    }
}
