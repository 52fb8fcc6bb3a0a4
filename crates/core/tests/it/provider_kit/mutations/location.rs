//! What is read to find the money, or the currency, does not agree with the payment.

use refunds_core::{Currency, Location, Overview, PaymentId, RefundProvider, Result};

use crate::provider_kit::{mutant::MutantProvider, mutations::mutation};

mutation!(LocatesOtherMoney {
    async fn locate(&self, _: &MutantProvider, id: &PaymentId) -> Result<Location> {
        PaymentId::new(format!("{id}-other")).map(Location::new)
    }
});

mutation!(TellsAnotherCurrency {
    async fn currency(&self, mutant: &MutantProvider, id: &PaymentId) -> Result<Currency> {
        let own = mutant.payment(id).await?.currency();
        Currency::new(if own.code() == "XPF" { "XOF" } else { "XPF" })
    }
});

// Takes what is left to refund from before the refunds.
mutation!(ShowsOldSums {
    async fn overview_of(&self, mutant: &MutantProvider, id: &PaymentId, _: &Location) -> Result<Overview> {
        let mut overview = self.overview(mutant, id).await?;
        overview.payment.refundable = overview.payment.captured;
        Ok(overview)
    }
});
