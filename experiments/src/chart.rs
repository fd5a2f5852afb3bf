//! Charts as SVG. Colours of series are those of the subjects, everywhere the same; axes and text are black, which the page
//! turns light where it is dark.

use crate::metric::format;
use crate::subject;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::full_palette as palette;

const SIZE: (u32, u32) = (760, 400);

/// By the subject's rank; the last for what is no subject.
const COLOURS: [RGBColor; 9] = [
    palette::BLUE_600,
    palette::ORANGE_700,
    palette::GREY_500,
    palette::LIGHTBLUE_300,
    palette::AMBER_500,
    palette::GREY_400,
    palette::GREEN_600,
    palette::PURPLE_400,
    palette::TEAL_500,
];

/// The points of a line of no more than so many are marked: one alone would not be seen.
const MARKED: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    Line,
    Points,
    Triangles,
    /// From each point straight across to the next.
    Steps,
}

pub struct Series {
    pub name: String,
    pub style: Style,
    pub points: Vec<(f64, f64)>,
}

pub struct Axis {
    pub label: String,
    pub log: bool,
}

impl Axis {
    /// Where a value lies, and None where it lies nowhere.
    fn place(&self, value: f64) -> Option<f64> {
        let place = if self.log { value.log10() } else { value };
        place.is_finite().then_some(place)
    }

    fn label_of(&self, place: f64) -> String {
        format(if self.log { 10f64.powf(place) } else { place })
    }
}

/// Lines or points over two axes.
pub struct XY {
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

/// A median and its interval; none where there is nothing to show.
pub type Bar = Option<(f64, f64, f64)>;

/// Groups of bars with their intervals.
pub struct Bars {
    pub y: Axis,
    pub groups: Vec<String>,
    /// For each name, its bar in each group.
    pub series: Vec<(String, Vec<Bar>)>,
    /// A line across: what the others are compared with.
    pub reference: Option<f64>,
}

fn colour(name: &str) -> RGBColor {
    let name = name.split(' ').next().unwrap_or(name);
    COLOURS[subject::rank(name).min(COLOURS.len() - 1)]
}

fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}

/// Round values within a range, few enough to label.
fn ticks(low: f64, high: f64, log: bool) -> Vec<f64> {
    let span = high - low;
    if log && span >= 1.0 {
        let step = (span / 8.0).ceil().max(1.0);
        let first = (low / step).ceil();
        return (0..=(span / step) as usize)
            .map(|n| (first + n as f64) * step)
            .collect();
    }
    if log {
        // Within one decade: round values, where they lie on the logarithmic axis.
        return ticks(10f64.powf(low), 10f64.powf(high), false)
            .into_iter()
            .filter(|&value| value > 0.0)
            .map(f64::log10)
            .collect();
    }
    let rough = span / 6.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|round| round * power)
        .into_iter()
        .find(|&step| step >= rough)
        .unwrap_or(power);
    let first = (low / step).ceil();
    (0..=((high / step).floor() - first).max(0.0) as usize)
        .map(|n| (first + n as f64) * step)
        .collect()
}

/// The range of some places, never empty; a linear one starts at zero.
fn range(places: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for place in places {
        low = low.min(place);
        high = high.max(place);
    }
    if !log {
        low = low.min(0.0);
        high += (high - low) * 0.05;
    }
    match (low.is_finite(), high > low) {
        (true, true) => (low, high),
        (true, false) => (low - 0.5, low + 0.5),
        _ => (0.0, 1.0),
    }
}

/// An axis of places with the ticks that we chose.
#[derive(Clone)]
struct Places {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Ranged for Places {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

fn keyed(low: f64, high: f64, ticks: Vec<f64>) -> Places {
    Places { low, high, ticks }
}

/// Draws the names of the series in a line at the top, and gives the rest.
fn with_legend<'a>(
    area: DrawingArea<SVGBackend<'a>, Shift>,
    names: &[&str],
) -> Result<DrawingArea<SVGBackend<'a>, Shift>> {
    let (top, rest) = area.split_vertically(26);
    let mut x = 74;
    for name in names {
        let colour = colour(name);
        top.draw(&Rectangle::new([(x, 9), (x + 11, 20)], colour.filled()))
            .map_err(broken)?;
        let text = Text::new((*name).to_owned(), (x + 16, 8), ("sans-serif", 13));
        top.draw(&text).map_err(broken)?;
        x += 34 + 7 * name.len() as i32;
    }
    Ok(rest)
}

impl XY {
    pub fn to_svg(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw(SVGBackend::with_string(&mut svg, SIZE).into_drawing_area())?;
        Ok(svg)
    }

    fn draw(&self, area: DrawingArea<SVGBackend, Shift>) -> Result<()> {
        let placed: Vec<(&Series, Vec<(f64, f64)>)> = self
            .series
            .iter()
            .map(|series| {
                let place = |&(x, y): &(f64, f64)| Some((self.x.place(x)?, self.y.place(y)?));
                (series, series.points.iter().filter_map(place).collect())
            })
            .collect();
        let names: Vec<&str> = self
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        let area = with_legend(area, &names)?;
        let all = || placed.iter().flat_map(|(_, points)| points.iter());
        let (left, right) = range(all().map(|point| point.0), self.x.log);
        let (bottom, top) = range(all().map(|point| point.1), self.y.log);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(42)
            .y_label_area_size(64)
            .build_cartesian_2d(
                keyed(left, right, ticks(left, right, self.x.log)),
                keyed(bottom, top, ticks(bottom, top, self.y.log)),
            )
            .map_err(broken)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_desc(&self.x.label)
            .y_desc(&self.y.label)
            .x_labels(20)
            .y_labels(20)
            .label_style(("sans-serif", 13))
            .x_label_formatter(&|place| self.x.label_of(*place))
            .y_label_formatter(&|place| self.y.label_of(*place))
            .draw()
            .map_err(broken)?;
        for (series, points) in placed {
            let colour = colour(&series.name);
            let filled = colour.mix(0.7).filled();
            match series.style {
                Style::Points => {
                    chart.draw_series(points.iter().map(|&point| Circle::new(point, 2, filled)))
                }
                Style::Triangles => {
                    let triangle = |&point| TriangleMarker::new(point, 5, filled);
                    chart.draw_series(points.iter().map(triangle))
                }
                Style::Line => {
                    let dot = if points.len() <= MARKED { 3 } else { 0 };
                    let line = LineSeries::new(points, colour.stroke_width(2).filled());
                    chart.draw_series(line.point_size(dot))
                }
                Style::Steps => {
                    chart.draw_series(LineSeries::new(steps(&points), colour.stroke_width(2)))
                }
            }
            .map_err(broken)?;
        }
        area.present().map_err(broken)
    }
}

fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut line = Vec::with_capacity(points.len() * 2);
    for pair in points.windows(2) {
        line.push(pair[0]);
        line.push((pair[1].0, pair[0].1));
    }
    line.extend(points.last());
    line
}

impl Bars {
    pub fn to_svg(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw(SVGBackend::with_string(&mut svg, self.size()).into_drawing_area())?;
        Ok(svg)
    }

    /// Wide enough that names of groups do not meet.
    fn size(&self) -> (u32, u32) {
        (SIZE.0.max(self.groups.len() as u32 * 110 + 90), SIZE.1)
    }

    fn draw(&self, area: DrawingArea<SVGBackend, Shift>) -> Result<()> {
        let all = self
            .series
            .iter()
            .flat_map(|(_, bars)| bars.iter().flatten());
        let places = all
            .flat_map(|&(median, _, high)| [median, high])
            .chain(self.reference);
        let (bottom, top) = range(places.filter_map(|value| self.y.place(value)), self.y.log);
        // A bar of a logarithmic axis needs something to stand on.
        let bottom = if self.y.log {
            bottom - (top - bottom) * 0.1
        } else {
            bottom
        };
        let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
        let area = with_legend(area, &names)?;
        let groups = self.groups.len() as f64;
        let centres = (0..self.groups.len())
            .map(|group| group as f64 + 0.5)
            .collect();
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(42)
            .y_label_area_size(64)
            .build_cartesian_2d(
                keyed(0.0, groups, centres),
                keyed(bottom, top, ticks(bottom, top, self.y.log)),
            )
            .map_err(broken)?;
        let group_of = |place: &f64| {
            self.groups
                .get(*place as usize)
                .cloned()
                .unwrap_or_default()
        };
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .disable_x_mesh()
            .bold_line_style(BLACK.mix(0.12))
            .y_desc(&self.y.label)
            .x_labels(self.groups.len().max(1) * 2)
            .y_labels(20)
            .label_style(("sans-serif", 13))
            .x_label_formatter(&group_of)
            .y_label_formatter(&|place| self.y.label_of(*place))
            .draw()
            .map_err(broken)?;
        let width = 0.8 / self.series.len().max(1) as f64;
        for (number, (name, bars)) in self.series.iter().enumerate() {
            let colour = colour(name);
            let placed: Vec<(f64, [f64; 3])> = bars
                .iter()
                .enumerate()
                .filter_map(|(group, bar)| {
                    let (median, low, high) = (*bar)?;
                    let left = group as f64 + 0.1 + number as f64 * width;
                    let place = |value| self.y.place(value);
                    Some((left, [place(median)?, place(low)?, place(high)?]))
                })
                .collect();
            let bodies = placed.iter().map(|&(left, [median, ..])| {
                Rectangle::new(
                    [(left, bottom), (left + width * 0.9, median)],
                    colour.filled(),
                )
            });
            chart.draw_series(bodies).map_err(broken)?;
            let intervals = placed.iter().map(|&(left, [_, low, high])| {
                let middle = left + width * 0.45;
                PathElement::new([(middle, low), (middle, high)], BLACK.stroke_width(1))
            });
            chart.draw_series(intervals).map_err(broken)?;
        }
        if let Some(reference) = self.reference.and_then(|value| self.y.place(value)) {
            let line = PathElement::new(
                [(0.0, reference), (groups, reference)],
                BLACK.stroke_width(1),
            );
            chart.draw_series([line]).map_err(broken)?;
        }
        area.present().map_err(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0.0, 10.0, false), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(-2.0, 1.0, true), [-2.0, -1.0, 0.0, 1.0]);
        assert!(ticks(0.0, 0.5, true).len() >= 2);
    }

    #[test]
    fn what_has_no_logarithm_is_left_out() {
        let axis = |log| Axis {
            label: String::new(),
            log,
        };
        let series = Series {
            name: "refcount".to_owned(),
            style: Style::Points,
            points: vec![(0.0, 1.0), (1.0, 2.0), (10.0, 3.0)],
        };
        let chart = XY {
            x: axis(true),
            y: axis(false),
            series: vec![series],
        };
        let svg = chart.to_svg().expect("drawn");
        assert_eq!(svg.matches("<circle").count(), 2);
    }

    #[test]
    fn a_chart_of_nothing_is_drawn_all_the_same() {
        let axis = || Axis {
            label: String::new(),
            log: false,
        };
        let bars = Bars {
            y: axis(),
            groups: Vec::new(),
            series: Vec::new(),
            reference: None,
        };
        assert!(bars.to_svg().expect("drawn").starts_with("<svg"));
        let chart = XY {
            x: axis(),
            y: axis(),
            series: Vec::new(),
        };
        assert!(chart.to_svg().expect("drawn").starts_with("<svg"));
    }
}
