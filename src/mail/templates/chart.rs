//! The picture in the report: what was done on each of the last thirty days, as a PNG.
//!
//! Up from the base line go the renewals of a day, down from it what was released, and a day without a
//! run is hatched. The two directions have scales of their own (each reaches its highest day), or else a
//! handful of releases could not be seen beside thousands of renewals. There is no text in it: the letter
//! around it says what it means, in the reader's own type size. Two pixels for each pixel shown, a
//! transparent background, and colours that stand out from white as well as from near black.

use crate::notice::Day;

/// Pixels from left to right, shown at half of that.
pub const WIDTH: u32 = 1120;
/// Pixels from top to bottom, shown at half of that.
pub const HEIGHT: u32 = 280;

/// Days that have room, the newest at the right end.
const DAYS_MAX: usize = 30;
const COLUMNS: usize = WIDTH as usize;
const ROWS: usize = HEIGHT as usize;

/// What one day takes of the width, its bar and the gap beside it.
const STEP: usize = 37;
const BAR: usize = 25;
/// Centres the days: half of what `DAYS_MAX` steps leave of the width, and half a gap.
const LEFT: usize = (COLUMNS - DAYS_MAX * STEP + STEP - BAR) / 2;

/// The base line's first row and its thickness.
const BASE: usize = 212;
const LINE: usize = 2;
/// Rows between a bar and the base line.
const GAP: usize = 2;
/// Rows for the highest bar upwards, and for the highest downwards.
const UP: usize = 206;
const DOWN: usize = 60;
/// Whatever is not nothing has at least so many rows.
const BAR_MIN: usize = 4;

/// Colours by their place in [`PALETTE`].
const NOTHING: u8 = 0;
const RENEWED: u8 = 1;
const RELEASED: u8 = 2;
const QUIET: u8 = 3;

/// Red, green, blue: nothing, renewed (blue), released (orange), base line and days without a run (grey).
/// The last three have a contrast of at least 3 to 1 against white and against `#15191e`, and differ in
/// brightness for those who do not see the hues.
const PALETTE: [u8; 12] = [0xff, 0xff, 0xff, 0x2f, 0x80, 0xd0, 0xd9, 0x6a, 0x1a, 0x80, 0x88, 0x92];
/// How opaque the colours are; those left out are wholly.
const OPACITY: [u8; 1] = [0x00];

/// Draws the last thirty of `days`, which are in order, the oldest first.
pub fn draw(days: &[Day]) -> Vec<u8> {
    let shown = days.get(days.len().saturating_sub(DAYS_MAX)..).unwrap_or_default();
    let most_renewed = highest(shown, |day| day.renewed);
    let most_released = highest(shown, |day| day.released);

    let mut canvas = Canvas::blank();
    canvas.fill(0, BASE, COLUMNS, LINE, QUIET);
    for (place, day) in (DAYS_MAX - shown.len()..).zip(shown) {
        let x = LEFT + place * STEP;
        if !day.was_run {
            canvas.hatch(x, BASE - GAP - UP, BAR, UP);
        }
        let up = rows_of(day.renewed, most_renewed, UP);
        canvas.fill(x, BASE - GAP - up, BAR, up, RENEWED);
        let down = rows_of(day.released, most_released, DOWN);
        canvas.fill(x, BASE + LINE + GAP, BAR, down, RELEASED);
    }
    encode(&canvas)
        .expect("a vector takes every byte, and the canvas has the size that the header says")
}

fn highest(days: &[Day], count: impl Fn(&Day) -> u64) -> u64 {
    days.iter().map(count).max().unwrap_or(0)
}

/// The rows of a bar for `count`, where `highest` has all of `room`.
fn rows_of(count: u64, highest: u64, room: usize) -> usize {
    if count == 0 {
        return 0;
    }
    let scaled = u128::from(count) * room as u128 / u128::from(highest.max(1));
    usize::try_from(scaled).unwrap_or(room).clamp(BAR_MIN, room)
}

/// A picture in the making: for each pixel, row by row, its colour's place in [`PALETTE`].
struct Canvas(Vec<u8>);

impl Canvas {
    fn blank() -> Self {
        Self(vec![NOTHING; COLUMNS * ROWS])
    }

    /// A rectangle with its upper left corner at `x`, `y`; what is outside of the picture is left out.
    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: u8) {
        for row in self.0.chunks_exact_mut(COLUMNS).skip(y).take(height) {
            row.iter_mut().skip(x).take(width).for_each(|pixel| *pixel = colour);
        }
    }

    /// A rectangle of slanting stripes.
    fn hatch(&mut self, x: usize, y: usize, width: usize, height: usize) {
        for (down, row) in self.0.chunks_exact_mut(COLUMNS).skip(y).take(height).enumerate() {
            for (right, pixel) in row.iter_mut().skip(x).take(width).enumerate() {
                if (right + down) % 12 < 4 {
                    *pixel = QUIET;
                }
            }
        }
    }
}

fn encode(canvas: &Canvas) -> Result<Vec<u8>, png::EncodingError> {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(PALETTE.as_slice());
    encoder.set_trns(OPACITY.as_slice());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&canvas.0)?;
    writer.finish()?;
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A month of runs, each with the same counts.
    fn month(renewed: u64, released: u64) -> Vec<Day> {
        let first = chrono::NaiveDate::from_ymd_opt(2026, 2, 1).expect("a date");
        let day = |on| Day { on, was_run: true, renewed, released };
        first.iter_days().take(DAYS_MAX).map(day).collect()
    }

    /// The colours' places, row by row.
    fn decode(picture: &[u8]) -> Vec<u8> {
        let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().expect("a PNG");
        assert_eq!((reader.info().width, reader.info().height), (WIDTH, HEIGHT));
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size that fits")];
        reader.next_frame(&mut pixels).expect("a frame");
        pixels
    }

    /// Pixels of `colour` above and below each other in the middle of the bar at `place`.
    fn rows_in(pixels: &[u8], place: usize, colour: u8) -> usize {
        let middle = LEFT + place * STEP + BAR / 2;
        pixels.chunks_exact(COLUMNS).filter(|row| row[middle] == colour).count()
    }

    #[test]
    fn the_highest_day_has_all_the_room_and_half_of_it_half() {
        let mut days = month(40, 2);
        days[3] = Day { renewed: 20, released: 1, ..days[3] };
        let pixels = decode(&draw(&days));
        assert_eq!((rows_in(&pixels, 0, RENEWED), rows_in(&pixels, 0, RELEASED)), (UP, DOWN));
        assert_eq!(
            (rows_in(&pixels, 3, RENEWED), rows_in(&pixels, 3, RELEASED)),
            (UP / 2, DOWN / 2)
        );
    }

    #[test]
    fn one_among_very_many_can_still_be_seen() {
        let mut days = month(u64::MAX, u64::MAX);
        days[29] = Day { renewed: 1, released: 1, ..days[29] };
        let pixels = decode(&draw(&days));
        assert_eq!(rows_in(&pixels, 0, RENEWED), UP);
        assert_eq!(
            (rows_in(&pixels, 29, RENEWED), rows_in(&pixels, 29, RELEASED)),
            (BAR_MIN, BAR_MIN)
        );
    }

    #[test]
    fn a_day_without_a_run_is_hatched_and_one_with_nothing_to_do_is_not() {
        let mut days = month(0, 0);
        days[5].was_run = false;
        let pixels = decode(&draw(&days));
        assert_eq!(rows_in(&pixels, 4, QUIET), LINE);
        assert!(rows_in(&pixels, 5, QUIET) > UP / 4);
    }

    #[test]
    fn fewer_days_stand_at_the_right_end_and_of_more_the_oldest_are_left_out() {
        let days = month(7, 0);
        let pixels = decode(&draw(&days[..2]));
        assert_eq!((rows_in(&pixels, 27, RENEWED), rows_in(&pixels, 28, RENEWED)), (0, UP));
        let mut more = vec![Day { renewed: 9_000, ..days[0] }];
        more.extend_from_slice(&days);
        assert_eq!(draw(&more), draw(&days));
    }

    #[test]
    fn no_days_are_a_base_line_alone() {
        let pixels = decode(&draw(&[]));
        assert_eq!(pixels.iter().filter(|pixel| **pixel != NOTHING).count(), COLUMNS * LINE);
    }

    #[test]
    fn the_same_days_are_the_same_bytes_and_few() {
        let picture = draw(&month(123, 4));
        assert_eq!(picture, draw(&month(123, 4)));
        assert!(picture.len() < 10_000, "{} bytes", picture.len());
    }
}
