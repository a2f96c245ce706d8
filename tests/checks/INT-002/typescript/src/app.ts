export const load = async () => (await fetch("https://crm.example.com")).json();
