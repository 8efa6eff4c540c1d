/** Changes of the tables, oldest first. One that has been released is never changed; a later one changes what it did. */
export const migrations: readonly { readonly version: number; readonly statements: readonly string[] }[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE IF NOT EXISTS fir (
        id CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
        status ENUM('waiting', 'working', 'done', 'failed', 'cancelled') NOT NULL,
        source ENUM('text', 'audio', 'image') NOT NULL,
        attempts TINYINT UNSIGNED NOT NULL DEFAULT 0,
        statement MEDIUMTEXT NULL,
        upload_name VARCHAR(100) NULL,
        upload_type VARCHAR(100) NULL,
        fir MEDIUMTEXT NULL,
        error VARCHAR(500) NULL,
        created_at DATETIME(3) NOT NULL,
        ended_at DATETIME(3) NULL,
        archived_at DATETIME(3) NULL,
        generation_ms INT UNSIGNED NULL,
        INDEX fir_created (created_at, id),
        INDEX fir_status (status),
        INDEX fir_archived (archived_at)
      ) CHARACTER SET utf8mb4`,
      `CREATE TABLE IF NOT EXISTS validation_history (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        fir_id CHAR(36) CHARACTER SET ascii NOT NULL,
        stage VARCHAR(20) NOT NULL,
        attempt TINYINT UNSIGNED NOT NULL,
        passed BOOLEAN NOT NULL,
        mistakes VARCHAR(1000) NOT NULL,
        created_at DATETIME(3) NOT NULL,
        INDEX validation_created (created_at),
        INDEX validation_fir (fir_id)
      ) CHARACTER SET utf8mb4`,
    ],
  },
];
