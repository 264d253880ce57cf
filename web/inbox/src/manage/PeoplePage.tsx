/** Who works in the project: their places, open invitations, and links that set a new password. */
import { Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Invitation, LinkMade as Made, Person, Place } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { LinkMade } from "@/manage/LinkMade";
import { PlaceFields } from "@/manage/PlaceFields";
import { TeamsCard } from "@/manage/TeamsCard";
import { Dialog } from "@/ui/Dialog";
import { IconUserPlus } from "@/ui/icons";
import { Card, Loaded, PageFrame, Rows } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { Badge } from "@/ui/parts";
import { useSaving } from "@/ui/useSaving";

const PEOPLE = ["people"] as const;
const INVITATIONS = ["invitations"] as const;

interface Shown {
  email: string;
  made: Made;
}

export default function PeoplePage() {
  const { t } = useI18n();
  const people = useQuery({ queryKey: PEOPLE, queryFn: api.people });
  const [inviting, setInviting] = useState(false);
  const [edited, setEdited] = useState<Person | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const invite = (
    <Button leftSection={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>
      {t("people.invite")}
    </Button>
  );
  return (
    <PageFrame title={t("nav.people")} lead={t("people.lead")} action={invite}>
      <Invitations />
      <Card>
        <Loaded query={people}>
          {({ items }) => (
            <Rows items={items} none={null}>
              {(item) => <Row key={item.id} item={item} onEdit={() => setEdited(item)} />}
            </Rows>
          )}
        </Loaded>
      </Card>
      <TeamsCard />
      {inviting ? <Invite onClose={() => setInviting(false)} onMade={setShown} /> : null}
      {edited ? <Editor person={edited} onClose={() => setEdited(null)} onMade={setShown} /> : null}
      {shown ? <LinkMade {...shown} onClose={() => setShown(null)} /> : null}
    </PageFrame>
  );
}

function Row({ item, onEdit }: { item: Person; onEdit: () => void }) {
  const { t } = useI18n();
  const me = useMe();
  return (
    <li>
      <div className={styles.main}>
        <b>
          <bdi>{item.name}</bdi>
          {item.id === me.operator.id ? <Badge tone="accent">{t("you")}</Badge> : null}
          {item.active ? null : <Badge tone="danger">{t("people.closed")}</Badge>}
          {item.totp ? <Badge tone="good">{t("people.two_factors")}</Badge> : null}
        </b>
        <span>{item.email}</span>
        <p className={styles.quiet}>
          {t(`role.${item.role}`)} · {t(`scope_of.${item.scope}`)}
        </p>
      </div>
      {item.id === me.operator.id ? null : (
        <Button variant="default" size="compact-sm" onClick={onEdit}>
          {t("edit")}
          <span className="only-heard"> {item.name}</span>
        </Button>
      )}
    </li>
  );
}

function Invitations() {
  const { t, format } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const open = useQuery({ queryKey: INVITATIONS, queryFn: api.invitations });
  const revoke = (item: Invitation) =>
    run(async () => {
      await api.revokeInvitation(item.id);
      await client.invalidateQueries({ queryKey: INVITATIONS });
    });
  if (!open.data?.items.length) return null;
  return (
    <Card title={t("people.invited")} lead={t("people.invited_lead")}>
      <Rows items={open.data.items} none={null}>
        {(item) => (
          <li key={item.id}>
            <div className={styles.main}>
              <b>{item.email}</b>
              <span className={styles.quiet}>
                {t(`role.${item.role}`)} · {t("people.until", { when: format.full(item.expires_at) })}
              </span>
            </div>
            <Button variant="default" size="compact-sm" disabled={busy} onClick={() => void revoke(item)}>
              {t("people.revoke")}
              <span className="only-heard"> {item.email}</span>
            </Button>
          </li>
        )}
      </Rows>
    </Card>
  );
}

function Invite({ onClose, onMade }: { onClose: () => void; onMade: (shown: Shown) => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [email, setEmail] = useState("");
  const [place, setPlace] = useState<Place>({ role: "operator", scope: "all", teams: [] });
  const invite = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const made = await api.invite({ email: email.trim(), ...place });
      onClose();
      onMade({ email: made.email, made });
      await client.invalidateQueries({ queryKey: INVITATIONS });
    });
  };
  return (
    <Dialog onClose={onClose} title={t("people.invite")} closeButtonProps={{ "aria-label": t("close") }}>
      <form className={styles.form} onSubmit={invite}>
        <TextInput
          type="email"
          label={t("people.email")}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoComplete="off"
          maxLength={254}
          required
          withAsterisk={false}
          data-autofocus
        />
        <PlaceFields place={place} onChange={setPlace} />
        <Button type="submit" loading={busy} disabled={!email.trim()}>
          {t("people.invite")}
        </Button>
      </form>
    </Dialog>
  );
}

interface EditorProps {
  person: Person;
  onClose: () => void;
  onMade: (shown: Shown) => void;
}

function Editor({ person, onClose, onMade }: EditorProps) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [place, setPlace] = useState<Place>({ role: person.role, scope: person.scope, teams: person.teams });
  const [removing, setRemoving] = useState(false);
  const finish = async (work: () => Promise<unknown>, done: string) => {
    if (!(await run(work, done))) return;
    onClose();
    await client.invalidateQueries({ queryKey: PEOPLE });
    await client.invalidateQueries({ queryKey: keys.operators });
  };
  const reset = () =>
    run(async () => {
      const made = await api.resetPassword(person.id);
      onClose();
      onMade({ email: person.email, made });
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    void finish(() => api.changePerson(person.id, place), t("saved"));
  };
  return (
    <Dialog
      onClose={onClose}
      title={t("people.change", { name: person.name })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form className={styles.form} onSubmit={save}>
        <PlaceFields place={place} onChange={setPlace} />
        <div className={styles.row}>
          <Button type="submit" loading={busy}>
            {t("save")}
          </Button>
          <Button variant="default" disabled={busy} onClick={() => void reset()}>
            {t("people.reset")}
          </Button>
        </div>
        <p className={styles.quiet}>{t("people.reset_hint", { name: person.name })}</p>
        {removing ? <p role="alert">{t("people.remove_sure", { name: person.name })}</p> : null}
        <Button
          variant={removing ? "filled" : "subtle"}
          color="red"
          disabled={busy}
          onClick={() =>
            removing ? void finish(() => api.removePerson(person.id), t("people.removed")) : setRemoving(true)
          }
        >
          {t("people.remove")}
        </Button>
      </form>
    </Dialog>
  );
}
