// What the cases of interop.test.js share: the people at their counters, and what happened so far.
import { documentRead } from './client/documents.js';
import { bundleVerify } from './client/verify.js';
import { Province } from './province.js';
import * as papers from './papers.js';

export class Story {
	constructor({ province, stranger, serverPid }) {
		this.province = new Province(province);
		this.stranger = stranger; // the folder of a certificate nobody registered
		this.serverPid = serverPid;
		this.hospital = this.province.client(papers.HOSPITAL);
		this.pharmacy = this.province.client(papers.PHARMACY);
		this.other = this.province.client(papers.OTHER_PHARMACY);
		this.authorities = this.province.authorities;
		this.person = papers.personMake();
		this.content = papers.prescriptionMake(this.person);
		this.papers = papers.hospitalPapers(this.province, this.content);
		// rxId, bundle, token, review, second: as they come
	}

	upload(request) {
		return this.hospital.call('Hospital/UploadPrescription', request);
	}

	// What a pharmacy is given for a code the person shows there.
	async pull(client, person = this.person) {
		const { prescriptions } = await client.call('Pharmacy/PullPrescriptions',
			{ voucher_code: papers.voucherCode(this.province, person) });

		return prescriptions;
	}

	// What the hospital sees now, verified.
	async seen(rxId) {
		const { prescription: bundle } = await this.hospital.call('Hospital/GetPrescription',
			{ rx_id: rxId });

		return { bundle, contents: bundleVerify(bundle, { authorities: this.authorities, rxId }) };
	}

	dispenseRecord(changes) {
		return papers.dispenseRecord(this.province, this.bundle, this.review,
			documentRead(this.bundle.prescription), changes);
	}
}
