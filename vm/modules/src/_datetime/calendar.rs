//! The proleptic Gregorian calendar: days, ordinals, ISO weeks. No objects.

/// A day's microseconds.
pub const DAY_US: i64 = 86_400_000_000;
/// The ordinal of 31 December 9999.
pub const MAX_ORDINAL: i32 = 3_652_059;
/// The ordinal of 1 January 1970.
pub const EPOCH_ORDINAL: i64 = 719_163;
pub const MAX_YEAR: i32 = 9999;

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ymd {
    pub year: i32,
    pub month: i32,
    pub day: i32,
}

const DAYS_BEFORE_MONTH: [i32; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_4_YEARS: i32 = 1461;
const DAYS_IN_100_YEARS: i32 = 36_524;
const DAYS_IN_400_YEARS: i32 = 146_097;

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before_year(year: i32) -> i32 {
    let y = year - 1;
    y * 365 + y / 4 - y / 100 + y / 400
}

impl Ymd {
    pub const fn new(year: i32, month: i32, day: i32) -> Ymd {
        Ymd { year, month, day }
    }

    /// The day's number in its year, from 1.
    pub fn day_of_year(self) -> i32 {
        let leap = self.month > 2 && is_leap(self.year);
        DAYS_BEFORE_MONTH[self.month as usize] + i32::from(leap) + self.day
    }

    /// The day's number since 31 December of the year 0.
    pub fn ordinal(self) -> i32 {
        days_before_year(self.year) + self.day_of_year()
    }

    /// The day of that number, from 1 on.
    pub fn from_ordinal(ordinal: i32) -> Ymd {
        let n = ordinal - 1;
        let (n400, n) = (n / DAYS_IN_400_YEARS, n % DAYS_IN_400_YEARS);
        let (n100, n) = (n / DAYS_IN_100_YEARS, n % DAYS_IN_100_YEARS);
        let (n4, n) = (n / DAYS_IN_4_YEARS, n % DAYS_IN_4_YEARS);
        let (n1, n) = (n / 365, n % 365);
        let year = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1;
        if n1 == 4 || n100 == 4 {
            // The last day of a leap year ends its cycle.
            return Ymd::new(year - 1, 12, 31);
        }
        let mut month = (n + 50) >> 5;
        let first =
            |month: i32| DAYS_BEFORE_MONTH[month as usize] + i32::from(month > 2 && is_leap(year));
        if first(month) > n {
            month -= 1;
        }
        Ymd::new(year, month, n - first(month) + 1)
    }

    /// 0 for Monday.
    pub fn weekday(self) -> i32 {
        (self.ordinal() + 6) % 7
    }

    /// Year, week and day as ISO 8601 counts them.
    pub fn iso(self) -> (i32, i32, i32) {
        let mut year = self.year;
        let today = self.ordinal();
        let mut monday = iso_week1_monday(year);
        let mut week = (today - monday).div_euclid(7);
        if week < 0 {
            year -= 1;
            monday = iso_week1_monday(year);
            week = (today - monday).div_euclid(7);
        } else if week >= 52 && today >= iso_week1_monday(year + 1) {
            year += 1;
            week = 0;
            monday = iso_week1_monday(year);
        }
        (year, week + 1, (today - monday).rem_euclid(7) + 1)
    }
}

/// The ordinal of the Monday that starts the year's first week.
fn iso_week1_monday(year: i32) -> i32 {
    let first = days_before_year(year) + 1;
    let weekday = (first + 6).rem_euclid(7);
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}

/// What is wrong with an ISO week date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadIso {
    Year,
    Week,
    Day,
}

/// The day of an ISO week date; it may lie just outside the calendar.
pub fn from_iso(year: i32, week: i32, day: i32) -> Result<Ymd, BadIso> {
    if !(1..=MAX_YEAR).contains(&year) {
        return Err(BadIso::Year);
    }
    if !(1..53).contains(&week) {
        // Week 53 is there if the year starts on a Thursday, or on a Wednesday if it is a leap year.
        let first = (days_before_year(year) + 7) % 7;
        if week != 53 || !(first == 3 || (first == 2 && is_leap(year))) {
            return Err(BadIso::Week);
        }
    }
    if !(1..8).contains(&day) {
        return Err(BadIso::Day);
    }
    let ordinal = iso_week1_monday(year) + (week - 1) * 7 + day - 1;
    if ordinal < 1 {
        return Ok(Ymd::new(0, 12, 31));
    }
    if ordinal > MAX_ORDINAL {
        return Ok(Ymd::new(MAX_YEAR + 1, 1, 1));
    }
    Ok(Ymd::from_ordinal(ordinal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_and_days_match() {
        let mut day = Ymd::new(1, 1, 1);
        for ordinal in 1..=MAX_ORDINAL {
            assert_eq!((day.ordinal(), Ymd::from_ordinal(ordinal)), (ordinal, day));
            day.day += 1;
            if day.day > days_in_month(day.year, day.month) {
                (day.day, day.month) = (1, day.month + 1);
            }
            if day.month > 12 {
                (day.month, day.year) = (1, day.year + 1);
            }
        }
    }

    #[test]
    fn iso_dates_go_there_and_back() {
        for ordinal in (8..MAX_ORDINAL - 8).step_by(3) {
            let day = Ymd::from_ordinal(ordinal);
            let (year, week, weekday) = day.iso();
            assert_eq!(from_iso(year, week, weekday), Ok(day));
        }
        assert_eq!(from_iso(2019, 53, 1), Err(BadIso::Week));
        assert!(from_iso(2020, 53, 1).is_ok());
    }
}
