//! The gateways: the contract that each of them keeps, and what Stripe's answers come to.

mod contract;
mod limits;
mod localstripe;
mod stripe;
