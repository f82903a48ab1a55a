//! The `configurations` table: how rented numbers are configured.

use crate::ids::AccountId;
use crate::rental::Msisdn;
use crate::rental::configuration::{Configuration, Field, Unusable, VoiceCallback};
use crate::store::accounts::rows::increment_version;
use crate::store::engine::{Sql, Transaction, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    struct ConfigurationRow {
        inbound_sms_url: Option<String>,
        voice_status_url: Option<String>,
        voice_callback_type: Option<String>,
        voice_callback: Option<String>,
        application: Option<String>,
        smpp_system_type: Option<String>,
    }
}

impl ConfigurationRow {
    /// Fails with the field that cannot be read; its value is not repeated.
    fn into_configuration(self) -> Result<Configuration, (Field, Unusable)> {
        let in_field = |field| move |unusable| (field, unusable);
        let callback = self.voice_callback_type.zip(self.voice_callback);
        Ok(Configuration {
            inbound_sms_url: read(self.inbound_sms_url).map_err(in_field(Field::InboundSmsUrl))?,
            voice_callback: callback
                .map(|(kind, value)| VoiceCallback::read(&kind, &value))
                .transpose()
                .map_err(in_field(Field::VoiceCallback))?,
            voice_status_url: read(self.voice_status_url)
                .map_err(in_field(Field::VoiceStatusUrl))?,
            application: read(self.application).map_err(in_field(Field::Application))?,
            smpp_system_type: read(self.smpp_system_type)
                .map_err(in_field(Field::SmppSystemType))?,
        })
    }
}

fn read<T: std::str::FromStr>(text: Option<String>) -> Result<Option<T>, T::Err> {
    text.map(|text| text.parse()).transpose()
}

const REMOVE_ENDED: Sql = Sql {
    sqlite: "
        DELETE FROM configurations
        WHERE (account_id, ordinal) IN (SELECT value ->> 0, value ->> 1 FROM jsonb_each($1))",
    postgres: "
        DELETE FROM configurations
        USING UNNEST($1::BIGINT[], $2::BIGINT[]) AS ended (account_id, ordinal)
        WHERE configurations.account_id = ended.account_id
            AND configurations.ordinal = ended.ordinal",
};

/// Deletes the configurations of subscriptions that end in this transaction, by account and ordinal.
pub(in crate::store) async fn remove_configurations(
    transaction: &mut Transaction,
    ended: Vec<(i64, i64)>,
) -> Result<(), StoreError> {
    transaction.query(REMOVE_ENDED).bind_rows(ended).execute().await?;
    Ok(())
}

impl Store {
    /// The configuration of a subscription.
    pub async fn configuration_of(
        &self,
        account: AccountId,
        ordinal: i64,
    ) -> Result<Configuration, StoreError> {
        let row: Option<ConfigurationRow> = self
            .database
            .query(
                "SELECT inbound_sms_url, voice_status_url, voice_callback_type, voice_callback,
                    application, smpp_system_type
                 FROM configurations
                 WHERE account_id = $1 AND ordinal = $2",
            )
            .bind(account.to_i64())
            .bind(ordinal)
            .fetch_optional()
            .await?;
        let Some(row) = row else { return Ok(Configuration::default()) };
        row.into_configuration().map_err(|(field, unusable)| {
            let what = format!("the configuration of subscription {ordinal} of account {account}");
            StoreError::unreadable(what, format!("{field} {unusable}"))
        })
    }

    /// The configuration of a number that the account rents now. The rest of the subscription is not
    /// read, so that the number can be shown even if the subscription is unreadable.
    pub async fn configuration_of_number(
        &self,
        account: AccountId,
        msisdn: &Msisdn,
    ) -> Result<Configuration, StoreError> {
        let row: Option<(i64,)> = self
            .database
            .query(
                "SELECT ordinal
                 FROM subscriptions
                 WHERE msisdn = $1 AND account_id = $2 AND ended_on IS NULL",
            )
            .bind(msisdn.as_str())
            .bind(account.to_i64())
            .fetch_optional()
            .await?;
        match row {
            Some((ordinal,)) => self.configuration_of(account, ordinal).await,
            None => Ok(Configuration::default()),
        }
    }

    /// Replaces the configuration of a live subscription.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has changed since `version` was read, or the
    /// subscription has ended.
    pub async fn write_configuration(
        &self,
        account: AccountId,
        version: i64,
        ordinal: i64,
        configuration: &Configuration,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        increment_version(&mut transaction, account, version).await?;
        if configuration.is_empty() {
            remove_configurations(&mut transaction, vec![(account.to_i64(), ordinal)]).await?;
        } else if write_configuration_row(&mut transaction, account, ordinal, configuration).await?
            == 0
        {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }
}

/// Writes the row if the subscription is live; returns the number of rows written.
async fn write_configuration_row(
    transaction: &mut Transaction,
    account: AccountId,
    ordinal: i64,
    it: &Configuration,
) -> Result<u64, StoreError> {
    transaction
        .query(
            "INSERT INTO configurations (account_id, ordinal, inbound_sms_url, voice_status_url,
                voice_callback_type, voice_callback, application, smpp_system_type)
             SELECT account_id, ordinal, $3, $4, $5, $6, $7, $8
             FROM subscriptions
             WHERE account_id = $1 AND ordinal = $2 AND ended_on IS NULL
             ON CONFLICT (account_id, ordinal) DO UPDATE
             SET inbound_sms_url = EXCLUDED.inbound_sms_url,
                voice_status_url = EXCLUDED.voice_status_url,
                voice_callback_type = EXCLUDED.voice_callback_type,
                voice_callback = EXCLUDED.voice_callback,
                application = EXCLUDED.application,
                smpp_system_type = EXCLUDED.smpp_system_type",
        )
        .bind(account.to_i64())
        .bind(ordinal)
        .bind(it.inbound_sms_url.as_ref().map(|url| url.as_str()))
        .bind(it.voice_status_url.as_ref().map(|url| url.as_str()))
        .bind(it.voice_callback.as_ref().map(VoiceCallback::kind))
        .bind(it.voice_callback.as_ref().map(VoiceCallback::value))
        .bind(it.application.as_ref().map(|name| name.as_str()))
        .bind(it.smpp_system_type.as_ref().map(|word| word.as_str()))
        .execute()
        .await
}
