//! The state machine that ships, driven natively under a virtual clock: providers, stores, processes and
//! browsers that delay, lose, reorder and die, from one seed per schedule.
//!
//! `SIMULATION_SEED=… cargo test --test simulation replay -- --nocapture` replays one schedule with a
//! trace; `SIMULATION_FAULT=…` injects a fault by name, `SIMULATION_SCHEDULES=…` sets how many are run.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod answers;
mod arrivals;
mod at_rest;
mod browser;
mod faults;
mod faulty_driver;
mod flight;
mod network;
mod people;
mod prng;
mod process;
mod promises;
mod provider_model;
mod queue;
mod scenario;
mod servers;
mod session_log;
mod store_model;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use faults::Fault;
use prng::Rng;
use world::{Tally, World};

const SCHEDULES: u64 = 100_000;
/// Most schedules that it may take to find an injected fault.
const PATIENCE: u64 = 50_000;

#[expect(clippy::disallowed_methods, reason = "the core reads no environment, this test does")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    let text = setting(name)?;
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Every run plays the same schedules unless it is told otherwise.
fn base_seed() -> u64 {
    number("SIMULATION_BASE").unwrap_or(1)
}

fn seed_of(base: u64, schedule: u64) -> u64 {
    Rng::new(base.wrapping_mul(0x0001_0000_0001) ^ schedule.wrapping_mul(0x9e37_79b9)).next()
}

/// The first schedule of so many that breaks the promise in question, how it does, and what happened.
fn search(fault: Fault, schedules: u64) -> (Option<(u64, String)>, Tally) {
    let base = base_seed();
    let (next, tally) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    let found = AtomicU64::new(u64::MAX);
    let work = || {
        let mut own = Tally::default();
        loop {
            let schedule = next.fetch_add(1, Ordering::Relaxed);
            if schedule >= schedules || schedule > found.load(Ordering::Relaxed) {
                break;
            }
            let mut world = World::new(seed_of(base, schedule), fault, false);
            if world.play().is_err_and(|broken| broken.starts_with(fault.breaks())) {
                found.fetch_min(schedule, Ordering::Relaxed);
            }
            own.add(world.tally);
        }
        tally.lock().expect("no thread has panicked").add(own);
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let first = found.into_inner();
    let failure = (first != u64::MAX).then(|| {
        let seed = seed_of(base, first);
        let broken = World::new(seed, fault, false).play().err().unwrap_or_default();
        (seed, broken)
    });
    (failure, tally.into_inner().expect("no thread has panicked"))
}

fn replay_command(seed: u64) -> String {
    format!("SIMULATION_SEED={seed:#x} cargo test --test simulation replay -- --nocapture")
}

#[test]
fn every_schedule_keeps_every_promise() {
    let schedules = number("SIMULATION_SCHEDULES").unwrap_or(SCHEDULES);
    println!("{schedules} schedules from base seed {}", base_seed());
    let (failure, tally) = search(Fault::None, schedules);
    println!("{tally:?}");
    if let Some((seed, broken)) = failure {
        panic!("{broken}\n{}", replay_command(seed));
    }
}

#[test]
fn every_injected_fault_is_found() {
    let missed: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| match search(*fault, PATIENCE).0 {
            Some((seed, broken)) => {
                println!(
                    "{fault:?}: SIMULATION_SEED={seed:#x} SIMULATION_FAULT={fault:?}: {broken}"
                );
                false
            }
            None => true,
        })
        .collect();
    assert!(missed.is_empty(), "not found within {PATIENCE} schedules: {missed:?}");
}

/// Does nothing unless a seed is given.
#[test]
fn replay() {
    let Some(seed) = number("SIMULATION_SEED") else { return };
    let name = setting("SIMULATION_FAULT").unwrap_or_default();
    let fault = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == name);
    let result = World::new(seed, fault.unwrap_or(Fault::None), true).play();
    assert_eq!(result, Ok(()), "{}", replay_command(seed));
}
