//! Remedies for the configuration.

use crate::config::ConfigError;

pub fn remedy(error: &ConfigError) -> String {
    match error {
        ConfigError::Unknown { similar: Some(similar), .. } => {
            format!("did you mean `{similar}`? `linerent config default` prints all settings")
        }
        ConfigError::Unknown { similar: None, .. } => {
            "`linerent config default` prints all settings".to_owned()
        }
        ConfigError::Section { setting, .. } => format!("set its keys, such as `{setting}`"),
        ConfigError::Impossible { .. } => {
            "`linerent config default` explains all settings".to_owned()
        }
        ConfigError::NoFile(_) => "check `--config` and LINERENT_CONFIG".to_owned(),
        ConfigError::Folder(_) => {
            "name a file in it, with `--config` or LINERENT_CONFIG".to_owned()
        }
        ConfigError::NotAFile(_) => {
            "name a file with `--config` or LINERENT_CONFIG; it is read again when it is reloaded"
                .to_owned()
        }
        ConfigError::Unreadable { .. } => "use a UTF-8 file that this user may read".to_owned(),
        ConfigError::Malformed { .. } => {
            "`linerent config default` prints a correct file".to_owned()
        }
        ConfigError::NotUtf8(_) => "set it to UTF-8 text".to_owned(),
        ConfigError::SecretUnreadable { .. } => "name a file that this user may read".to_owned(),
        ConfigError::Invalid { remedy, .. } => remedy.clone(),
    }
}
