CRM = "https://crm.corp/api"
