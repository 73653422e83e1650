//! Decimal numbers as text, without the tables that exact rounding needs.
//!
//! The standard library's parser and its tables are a tenth of the WebAssembly. Times and lifetimes need
//! whole milliseconds, which this keeps for every number that a date can be.

use crate::text;

/// `"3600"`, `"-0.5"`, `"1.7e9"`. `None` for anything else, `inf` and `nan` included.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let parts = text::split_once(text, b'e').or_else(|| text::split_once(text, b'E'));
    let (number, exponent) = match parts {
        Some((number, exponent)) => {
            (number, integer(exponent.strip_prefix('+').unwrap_or(exponent))?)
        }
        None => (text, 0),
    };
    let (sign, number) = number.strip_prefix('-').map_or((1.0, number), |rest| (-1.0, rest));
    let (whole, fraction) = text::split_once(number, b'.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let places = i32::try_from(fraction.len()).ok()?;
    let value = digits(digits(0.0, whole)?, fraction)?;
    let value = sign * scaled(value, exponent.checked_sub(places)?);
    value.is_finite().then_some(value)
}

fn integer(text: &str) -> Option<i32> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let few = (1..=4).contains(&text.len());
    let value = text.bytes().try_fold(0, |sum, byte| Some(sum * 10 + i32::from(digit(byte)?)));
    value.filter(|_| few).map(|value| sign * value)
}

fn digits(start: f64, text: &str) -> Option<f64> {
    text.bytes().try_fold(start, |sum, byte| Some(sum * 10.0 + f64::from(digit(byte)?)))
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then_some(byte.wrapping_sub(b'0'))
}

/// Dividing by a power of ten, which is exact up to 10²², rounds better than multiplying by its inverse.
fn scaled(value: f64, exponent: i32) -> f64 {
    let mut power = 1.0;
    for _ in 0..exponent.unsigned_abs().min(400) {
        power *= 10.0;
    }
    match exponent {
        0 => value,
        1.. => value * power,
        _ => value / power,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_the_standard_library_reads_is_read_alike_to_the_millisecond() {
        for text in
            ["0", "3600", "-1", "1767225600.123", "0.25", "1.7e9", "2E+3", "5e-1", "00012.50"]
        {
            let expected: f64 = text.parse().unwrap();
            let found = parse(text).unwrap();
            assert!((found - expected).abs() < 0.000_1, "{text}: {found}");
        }
    }

    #[test]
    fn anything_else_is_not_a_number() {
        for text in [
            "", ".", "-", "e3", "1e", "1e99999", "1e400", "inf", "NaN", "1_000", "0x10", " 1",
            "1-2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
