use std::process::ExitCode;

use crate::operations::App;
use crate::operations::numbers::import::NumberLine;
use crate::operations::short_code::add;
use crate::rental::NumberType;
use anyhow::Result;
use clap::Args;

use crate::cli::output::Screen;
use crate::cli::refusals::CommandRefusal;
use crate::cli::views::numbers::InventoryView;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  linerent shortcode add 98975 --monthly-price 25 --shared
  linerent shortcode add 98976 --monthly-price 500 --setup-price 1000 --features SMS,MMS
  linerent number search --country US --type shortcode")]
pub struct Add {
    /// The short code's digits.
    #[arg(value_name = "CODE")]
    code: String,
    /// The country: two letters, for example US.
    #[arg(long, value_name = "COUNTRY", default_value = "US")]
    country: String,
    /// The monthly price for each renter.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    monthly_price: String,
    /// The setup price, charged once.
    #[arg(long, value_name = "AMOUNT", default_value = "0", allow_hyphen_values = true)]
    setup_price: String,
    /// The currency (ISO 4217); only accounts in this currency can rent it.
    #[arg(long, value_name = "CURRENCY", default_value = "USD")]
    currency: String,
    /// The features, for example SMS,MMS.
    #[arg(long, value_name = "FEATURES", default_value = "SMS")]
    features: String,
    /// Many accounts can rent it at the same time.
    #[arg(long)]
    shared: bool,
}

impl Add {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { code, country, monthly_price, setup_price, currency, features, shared } = self;
        let line = NumberLine {
            msisdn: code,
            country,
            r#type: NumberType::ShortCode.as_str().to_owned(),
            features,
            monthly_price,
            setup_price,
            currency,
            shared: shared.then(|| "true".to_owned()),
        };
        let number = line
            .parse()
            .map_err(|errors| CommandRefusal::malformed(&format!("nothing was added: {errors}")))?;
        let added = add::add(app, number).await?;
        screen.show(&InventoryView::from(&added), crate::cli::number::one)?;
        Ok(ExitCode::SUCCESS)
    }
}
