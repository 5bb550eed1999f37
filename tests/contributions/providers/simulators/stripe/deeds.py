"""What happens at Stripe: a supporter pays, money goes back, a bank disputes, time goes by."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from tests.contributions.providers.simulators.stripe.forms import Found, Wrong
from tests.contributions.providers.simulators.stripe.things import DISPUTED, Things, fee_of

RETRIES = (3, 5, 7)  # days between one try and the next (smart retries, as set at the account)
ERRORS = {
    "decline": {"code": "card_declined", "decline_code": "generic_decline"},
    "insufficient-funds": {"code": "card_declined", "decline_code": "insufficient_funds"},
    "expired-card": {"code": "expired_card", "decline_code": "expired_card"},
    "gone": {"code": "authentication_required", "decline_code": "authentication_required"},
}


class Deeds(Things):
    """``decision`` is what a bank says: approve, confirm (3-D Secure), slow, or one of ERRORS."""

    # A supporter at the hosted page

    def decide(self, session: Found, decision: str, ends: str = "2030-12") -> None:
        """Try to pay on a page of Checkout."""
        if session["status"] != "open":
            raise Wrong(400, "session_is_over")
        if session["mode"] == "setup":
            self._set_up(session, decision, ends)
            return
        intent = self._intent_of(session)
        session["_ends"] = ends
        self.attempt(intent, decision)
        if intent["status"] == "processing":
            self._complete(session, intent)

    def _intent_of(self, session: Found) -> Found:
        """Return the intent of a page, which is made when somebody first tries."""
        if session["_intent"]:
            return self.get(session["_intent"], "payment_intent")
        is_once = session["mode"] == "payment"
        intent = self.make_intent(
            session["currency"],
            session["amount_total"],
            session["_intent_metadata"] if is_once else {},
        )
        session["_intent"] = intent["id"]
        session["payment_intent"] = intent["id"] if is_once else None
        intent["_session"] = session["id"]
        return intent

    def make_intent(self, currency: str, amount: int, metadata: Found) -> Found:
        intent = self.make(
            "payment_intent",
            "pi",
            amount=amount,
            amount_received=0,
            currency=currency,
            status="requires_payment_method",
            metadata=metadata,
            latest_charge=None,
            last_payment_error=None,
            _session="",
            _invoice="",
        )
        self.tell("payment_intent.created", intent)
        return intent

    def attempt(self, intent: Found, decision: str) -> None:
        """Try to pay an intent."""
        if decision == "confirm":
            intent["status"] = "requires_action"
            self.tell("payment_intent.requires_action", intent)
        elif decision == "slow":
            intent["status"] = "processing"
            self._charge(intent, "pending")
            self.tell("payment_intent.processing", intent)
        elif decision == "approve":
            self.succeed(intent)
        else:
            self._refuse(intent, ERRORS[decision])

    def _charge(self, intent: Found, status: str) -> Found:
        made = self.make(
            "charge",
            "ch",
            amount=intent["amount"],
            amount_refunded=0,
            currency=intent["currency"],
            status=status,
            payment_intent=intent["id"],
            balance_transaction=None,
            disputed=False,
            refunded=False,
        )
        intent["latest_charge"] = made["id"]
        return made

    def succeed(self, intent: Found) -> None:
        """Let a payment come: at once, after 3-D Secure, or days later."""
        latest = self.things.get(intent["latest_charge"] or "")
        if latest is None or latest["status"] != "pending":
            latest = self._charge(intent, "succeeded")
        latest["status"] = "succeeded"
        moved = self.moved(intent["currency"], intent["amount"], "charge")
        moved["fee"] = fee_of(moved["amount"])
        moved["net"] = moved["amount"] - moved["fee"]
        latest["balance_transaction"] = moved["id"]
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
        self.tell("charge.succeeded", latest)
        self.tell("payment_intent.succeeded", intent)
        session = self.things.get(intent["_session"])
        if session is not None and session["status"] == "open":
            self._complete(session, intent)
        if intent["_invoice"]:
            self.pay_invoice(self.things[intent["_invoice"]])

    def _refuse(self, intent: Found, error: Found) -> None:
        failed = self._charge(intent, "failed")
        intent.update(status="requires_payment_method", last_payment_error=error)
        self.tell("charge.failed", failed)
        self.tell("payment_intent.payment_failed", intent)

    def _complete(self, session: Found, intent: Found) -> None:
        session["status"] = "complete"
        is_paid = intent["status"] == "succeeded"
        session["payment_status"] = "paid" if is_paid else "unpaid"
        if session["mode"] == "subscription":
            self.subscribe(session, intent)
        self.tell("checkout.session.completed", session)

    def _set_up(self, session: Found, decision: str, ends: str) -> None:
        if decision != "approve":
            return
        method = self.card(ends)
        done = self.make("setup_intent", "seti", payment_method=method["id"], status="succeeded")
        session.update(status="complete", setup_intent=done["id"])
        self.tell("checkout.session.completed", session)

    def card(self, ends: str) -> Found:
        year, month = map(int, ends.split("-"))
        card = {"exp_year": year, "exp_month": month, "country": "DE"}
        return self.make("payment_method", "pm", type="card", card=card)

    # Subscriptions

    def subscribe(self, session: Found, intent: Found) -> None:
        customer = self.make("customer", "cus")
        product = self.make("product", "prod", name=session["_name"])
        price = self.make(
            "price",
            "price",
            currency=session["currency"],
            unit_amount=session["amount_total"],
            product=product["id"],
            recurring={"interval": session["_interval"], "interval_count": 1},
        )
        item = {"id": f"si_{session['id'][3:]}", "object": "subscription_item", "quantity": 1}
        made = self.make(
            "subscription",
            "sub",
            status="active",
            start_date=self.seconds,
            billing_cycle_anchor=self.seconds,
            metadata=session["_subscription_metadata"],
            customer=customer["id"],
            default_payment_method=self.card(session["_ends"])["id"],
            pause_collection=None,
            canceled_at=None,
            items={"object": "list", "data": [{**item, "price": _copy(price)}], "has_more": False},
            _periods=0,
            _due=0,
            _script=[],
            _tries=0,
            _again=0,
        )
        made["_due"] = self._at(made, 1)
        invoice = self.make_invoice(made, "subscription_create", intent)
        self.pay_invoice(invoice)
        session.update(subscription=made["id"], invoice=invoice["id"], customer=customer["id"])
        self.tell("customer.subscription.created", made)

    def make_invoice(self, agreement: Found, why: str, intent: Found | None) -> Found:
        begins = self._at(agreement, agreement["_periods"])
        line = {
            "id": "il_1",
            "object": "line_item",
            "period": {"start": begins, "end": self._at(agreement, agreement["_periods"] + 1)},
        }
        details = {"subscription": agreement["id"], "metadata": dict(agreement["metadata"])}
        invoice = self.make(
            "invoice",
            "in",
            status="open",
            billing_reason=why,
            lines={"object": "list", "data": [line], "has_more": False},
            parent={
                "type": "subscription_details",
                "subscription_details": details,
            },
            _subscription=agreement["id"],
            _intent=intent["id"] if intent else "",
        )
        if intent is not None:
            intent["_invoice"] = invoice["id"]
            self.make(
                "invoice_payment",
                "inpay",
                invoice=invoice["id"],
                status="open",
                is_default=True,
                payment={"type": "payment_intent", "payment_intent": intent["id"]},
            )
        return invoice

    def pay_invoice(self, invoice: Found) -> None:
        if invoice["status"] == "paid":
            return
        invoice["status"] = "paid"
        payment = self.one("invoice_payment", invoice=invoice["id"])
        if payment is not None:
            payment["status"] = "paid"
        agreement = self.things[invoice["_subscription"]]
        agreement.update(_tries=0, _again=0)
        self.tell("invoice.paid", invoice)
        if agreement["status"] == "past_due":
            agreement["status"] = "active"
            self.tell("customer.subscription.updated", agreement)

    def end(self, agreement: Found) -> None:
        if agreement["status"] == "canceled":
            raise Wrong(404, "resource_missing", param="id")
        agreement.update(status="canceled", canceled_at=self.seconds, _due=0, _again=0)
        self.tell("customer.subscription.deleted", agreement)

    # Time

    def advance(self, to: datetime) -> None:
        """Let time go by; what is due on the way is done in its order."""
        while True:
            due = [
                (each[name], each["id"], name)
                for each in self.of("subscription")
                for name in ("_due", "_again")
                if each[name] and each[name] <= to.timestamp()
            ]
            due += [
                (each["expires_at"], each["id"], "expire")
                for each in self.of("checkout.session")
                if each["status"] == "open" and each["expires_at"] <= to.timestamp()
            ]
            if not due:
                break
            moment, name, what = min(due)
            self.clock = max(self.clock, datetime.fromtimestamp(moment, UTC))
            self._happen(self.things[name], what)
        self.clock = max(self.clock, to)

    def _happen(self, thing: Found, what: str) -> None:
        if what == "expire":
            thing.update(status="expired")
            intent = self.things.get(thing["_intent"] or "")
            if intent is not None:
                intent["status"] = "canceled"
                self.tell("payment_intent.canceled", intent)
            self.tell("checkout.session.expired", thing)
        elif what == "_due":
            self._bill(thing)
        else:
            self._try(thing)

    def _bill(self, agreement: Found) -> None:
        agreement["_periods"] += 1
        agreement["_due"] = self._at(agreement, agreement["_periods"] + 1)
        if agreement["pause_collection"]:
            invoice = self.make_invoice(agreement, "subscription_cycle", None)
            invoice["status"] = "void"
            self.tell("invoice.voided", invoice)
            return
        price = agreement["items"]["data"][0]["price"]
        intent = self.make_intent(price["currency"], price["unit_amount"], {})
        invoice = self.make_invoice(agreement, "subscription_cycle", intent)
        agreement["_invoice"] = invoice["id"]
        self.tell("invoice.created", invoice)
        self._try(agreement)

    def _try(self, agreement: Found) -> None:
        """Try the open invoice, with the card as it is now."""
        intent = self.things[self.things[agreement["_invoice"]]["_intent"]]
        script = agreement["_script"]
        said = script.pop(0) if script else "approve"
        card = self.things[agreement["default_payment_method"]]["card"]
        is_over = (card["exp_year"], card["exp_month"]) < (self.clock.year, self.clock.month)
        self.attempt(intent, "expired-card" if is_over else said)
        if intent["status"] == "succeeded":
            return
        if agreement["_tries"] >= len(RETRIES) and intent["status"] != "requires_action":
            self.end(agreement)
            return
        again = timedelta(days=RETRIES[min(agreement["_tries"], len(RETRIES) - 1)])
        agreement.update(_tries=agreement["_tries"] + 1, status="past_due")
        agreement["_again"] = int((self.clock + again).timestamp())
        is_asked = intent["status"] == "requires_action"
        kind = "payment_action_required" if is_asked else "payment_failed"
        self.tell(f"invoice.{kind}", self.things[agreement["_invoice"]])
        self.tell("customer.subscription.updated", agreement)

    def _at(self, agreement: Found, period: int) -> int:
        """Return when a period begins: the same day of a later month, or that month's last."""
        first = datetime.fromtimestamp(agreement["start_date"], UTC)
        interval = agreement["items"]["data"][0]["price"]["recurring"]["interval"]
        years, month = divmod(first.month - 1 + period * (12 if interval == "year" else 1), 12)
        year = first.year + years
        day = min(first.day, monthrange(year, month + 1)[1])
        return int(first.replace(year=year, month=month + 1, day=day).timestamp())

    # What goes back

    def give_back(self, intent: Found, amount: int, metadata: Found) -> Found:
        latest = self.things.get(intent["latest_charge"] or "")
        if latest is None or latest["status"] != "succeeded":
            raise Wrong(400, "payment_intent_unexpected_state")
        if amount > latest["amount"] - latest["amount_refunded"]:
            raise Wrong(400, "amount_too_large", param="amount")
        latest["amount_refunded"] += amount
        latest["refunded"] = latest["amount_refunded"] == latest["amount"]
        found = self.make(
            "refund",
            "re",
            amount=amount,
            currency=intent["currency"],
            payment_intent=intent["id"],
            charge=latest["id"],
            status="succeeded",
            metadata=metadata,
            balance_transaction=self.moved(intent["currency"], -amount, "refund")["id"],
            failure_balance_transaction=None,
        )
        self.tell("refund.created", found)
        self.tell("charge.refunded", latest)
        return found

    def take_back(self, refund: Found) -> None:
        """Let a refund fail days later: the account that it went to is closed."""
        latest = self.things[refund["charge"]]
        latest["amount_refunded"] -= refund["amount"]
        latest["refunded"] = False
        back = self.moved(refund["currency"], refund["amount"], "refund_failure")
        refund.update(status="failed", failure_balance_transaction=back["id"])
        self.tell("refund.failed", refund)

    def dispute(self, intent: Found, status: str) -> Found:
        """Open a dispute or an inquiry, or bring the open one to its end."""
        latest = self.things[intent["latest_charge"]]
        found = self.one("dispute", payment_intent=intent["id"])
        if found is None:
            latest["disputed"] = True
            due = int((self.clock + timedelta(days=9)).timestamp())
            found = self.make(
                "dispute",
                "du",
                amount=intent["amount"],
                currency=intent["currency"],
                payment_intent=intent["id"],
                charge=latest["id"],
                status=status,
                evidence_details={"due_by": due},
                balance_transactions=[],
            )
            self.tell("charge.dispute.created", found)
        found["status"] = status
        self._move(found, intent)
        return found

    def _move(self, dispute: Found, intent: Found) -> None:
        moves = dispute["balance_transactions"]
        status = dispute["status"]
        if status in ("needs_response", "lost") and not moves:
            moves.append(self.moved(intent["currency"], -intent["amount"], "dispute", DISPUTED))
            self.tell("charge.dispute.funds_withdrawn", dispute)
        if status == "won":
            moves.append(self.moved(intent["currency"], intent["amount"], "dispute", -DISPUTED))
            self.tell("charge.dispute.funds_reinstated", dispute)
        if status in ("won", "lost", "warning_closed"):
            self.tell("charge.dispute.closed", dispute)

    def pay_out(self, amount: int, status: str = "paid") -> Found:
        found = self.make("payout", "po", amount=amount, currency="eur", status=status)
        self.tell("payout.created", found)
        self.tell(f"payout.{status}", found)
        return found


def _copy(price: Found) -> Found:
    return {name: value for name, value in price.items() if not name.startswith("_")}
